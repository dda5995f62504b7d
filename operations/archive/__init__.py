"""The archive of receipts: Parquet files on a disk or in an object store, written, found, read and removed by age."""
