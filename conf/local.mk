# An example of every key; the lint of the manuals holds it complete, a system test holds it valid.
dist_doc_DATA += conf/candor.yaml
