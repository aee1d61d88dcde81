# The units are shipped, not installed: where they go is the packager's to say.
EXTRA_DIST += systemd/candor.service systemd/candor.socket
