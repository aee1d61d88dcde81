# Files of src/report; the layers: DESIGN.md.
libcandor_a_SOURCES += \
	include/report.h src/report/report.c \
	src/report/report_view.h src/report/report_data.c \
	src/report/report_html.c src/report/report_plot.c src/report/report_table.c
	include/record.h src/report/record.c \
	include/redact.h src/report/redact.c \
	src/report/redact_numbers.c src/report/redact_secrets.c src/report/redact_view.h
