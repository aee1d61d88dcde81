# Files of src/report; the layers: DESIGN.md.
libcandor_a_SOURCES += \
	include/alert.h src/report/alert.c src/report/alert_text.c \
	include/alert_store.h src/report/alert_store.c \
	include/alert_watch.h src/report/alert_watch.c \
	src/report/alert_post.h src/report/alert_post.c \
	include/history.h src/report/history.c \
	include/report.h src/report/report.c \
	src/report/report_view.h src/report/report_data.c \
	src/report/report_html.c src/report/report_groups.c src/report/report_more.c src/report/report_pairs.c \
	src/report/report_plot.c src/report/report_table.c src/report/report_trace.c
libcandor_a_SOURCES += \
	include/record.h src/report/record.c src/report/record_read.c \
	include/redact.h src/report/redact.c \
	src/report/redact_numbers.c src/report/redact_secrets.c src/report/redact_view.h
libcandor_a_SOURCES += \
	include/store.h src/report/store.c src/report/store_batch.c src/report/store_batch.h src/report/store_private.h \
	src/report/store_db.c src/report/store_db.h src/report/store_outcomes.c \
	src/report/store_candidates.c src/report/store_candidates.h \
	src/report/store_lock.c src/report/store_lock.h \
	src/report/store_read.c \
	include/label_store.h src/report/label_store.c src/report/label_text.c \
	src/report/store_tell.c src/report/store_tell.h \
	src/report/store_window.c src/report/store_window.h
libcandor_a_SOURCES += \
	include/pairs.h src/report/pairs.c \
	src/report/pairs_wrap.c src/report/pairs_wrap.h
libcandor_a_SOURCES += \
	include/export_otlp.h src/report/export_otlp.c \
	src/report/otlp_json.c src/report/otlp_json.h
