"""One customer from the command line: `kizuna card`, `path`, `why`. Reads what is published, never the warehouse."""
