//! House rules as tests: imports, file lengths, dead paths in documents.
