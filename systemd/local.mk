# The unit is shipped, not installed: where it goes is the packager's to say.
EXTRA_DIST += systemd/candor.service
