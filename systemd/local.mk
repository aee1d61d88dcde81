# The unit goes where --with-systemdsystemunitdir says; without the option it is only shipped.
EXTRA_DIST += systemd/candor.service
