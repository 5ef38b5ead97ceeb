"""All runs as tables to be asked in SQL: DuckDB over their lines and over what was exported as Parquet."""
