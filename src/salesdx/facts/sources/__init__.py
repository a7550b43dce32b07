"""Sources of a firm's rows: files, workbooks and databases, all of them only read."""
