"""Plain readers of a simulated shop's files; they share nothing with the pipeline."""

import gzip
import io
import json
from pathlib import Path

import pandas as pd


def read_file(path: Path) -> pd.DataFrame:
    """One source file as text, whatever its format."""
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    if ".parquet" in path.name:
        return pd.read_parquet(path)
    if ".jsonl" in path.name:
        return pd.DataFrame([json.loads(line) for line in data.decode().splitlines()])
    encoding = "cp932" if data[:3] != b"\xef\xbb\xbf" and not _is_utf8(data) else "utf-8-sig"
    text = data.decode(encoding)
    separator = "\t" if "\t" in text.splitlines()[0] else ","
    return pd.read_csv(io.StringIO(text), sep=separator, dtype=str, keep_default_na=False, na_values=[""])


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def read_source(out: Path, source: str) -> pd.DataFrame:
    """All rows of a source, without the files that were copied under another name."""
    files = [path for path in sorted((out / source).iterdir()) if "_copy_" not in path.name]
    return pd.concat([read_file(path) for path in files], ignore_index=True)


def read_good(out: Path, source: str) -> pd.DataFrame:
    """Newest version of each row that a reader can take, by key."""
    keys = {"product_codes": 2, "ec_order_items": 2, "pos_receipt_items": 2, "external_attributes": 3}
    rows = read_source(out, source)
    rows = rows[~rows.iloc[:, 0].str.startswith("BAD", na=False)]
    return rows.drop_duplicates(list(rows.columns[: keys.get(source, 1)]), keep="last")


def truth(out: Path, table: str) -> pd.DataFrame:
    return pd.read_parquet(out / "truth" / f"{table}.parquet")
