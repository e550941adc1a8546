"""PySpark on the Java that is installed."""

import os
import shutil

import pytest

from tests.doubles.card_code import code_on_card
from tests.doubles.produced_dataset import DRAWN, Produced, assert_is_the_served_picture

pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.timeout(300)]
DEMAND = "REQUIRE_JAVA"


def test_spark_reads_both_tables_with_their_types(produced: Produced) -> None:
    if shutil.which("java") is None:
        if os.environ.get(DEMAND):
            pytest.fail(f"no java is installed, and {DEMAND} is set")
        pytest.skip("no java is installed")
    from pyspark.sql import SparkSession  # noqa: PLC0415

    builder = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
    builder = builder.config("spark.driver.host", "127.0.0.1").config("spark.driver.bindAddress", "127.0.0.1")
    spark = builder.config("spark.sql.session.timeZone", "UTC").getOrCreate()
    try:
        images = spark.read.parquet(f"{produced.root}/manifest/images")
        stories = spark.read.parquet(f"{produced.root}/manifest/stories")
        (code,) = (example.code for example in code_on_card(produced.root) if example.needs == "pyspark")
        names: dict[str, object] = {}
        exec(code.replace('"manifest', f'"{produced.root}/manifest'), names)  # noqa: S102 - the card's own code
        assert names["images"].count() == produced.files
        types = dict(images.dtypes) | dict(stories.dtypes)
        assert images.filter("status = 'ok'").count() == produced.files
        assert stories.filter("status = 'completed'").count() == DRAWN
        assert (types["dt"], types["phash"], types["cost"]) == ("date", "bigint", "decimal(18,6)")
        row = images.filter("status = 'ok' and role = 'scene'").select("file_name").first()
        assert_is_the_served_picture(row["file_name"], produced.root, produced)
        assert types["character_ids"] == "array<string>"
        assert types["created_at"] == "timestamp"
    finally:
        spark.stop()
