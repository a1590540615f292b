//! origami-ingest
