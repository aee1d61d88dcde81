# Files of src/admin; the layers: DESIGN.md.
libcandor_a_SOURCES += \
	include/admin.h src/admin/admin.c \
	src/admin/api.c src/admin/api_labels.c src/admin/api.h \
	include/assets.h \
	src/admin/growth.c src/admin/growth.h \
	src/admin/auth.c src/admin/auth.h

# The dashboard: plain files, embedded as they are, and the d3 that configure found (or what says that it found none).
UI_FILES = ui/index.html ui/app.css ui/icon.svg \
	ui/app.js ui/alerts.js ui/chart.js ui/dom.js ui/health.js ui/label.js ui/overview.js ui/trials.js
EXTRA_DIST += ui/embed ui/without/d3.min.js $(UI_FILES) docs/dashboard.png docs/dashboard-trial.png
nodist_libcandor_a_SOURCES = src/admin/assets.c
CLEANFILES += src/admin/assets.c
src/admin/assets.c: ui/embed $(UI_FILES) config.status
	$(AM_V_GEN)$(MKDIR_P) src/admin && (cd $(srcdir) && sh ui/embed $(UI_FILES) $(D3_FILE)) > $@.tmp && mv $@.tmp $@
