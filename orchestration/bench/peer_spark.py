"""Rows to blocks in PySpark, local mode: needs nothing but PySpark, and Java 17 or later.

Run as `<python with pyspark> peer_spark.py <asked.json> <answer.json>`; it speaks as our own programs do.
"""

import json
import sys
import time
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as f

TIMEOUT_MS = BLOCK_MS = 15 * 60 * 1000
USER, APP, RESET = 0, 1, 2
"""As in transforms/marks.py, which needs Polars."""
HALF = str(2**63)
WHOSE = ("account_id", "app_id", "channel", "user_id", "session_id")


def blocks_of(interactions: DataFrame) -> DataFrame:
    """R3, R4, R6, R8, R10, R11 of chats without human agents, over windows by key."""
    rows = interactions.where(f.col("mark").isin(USER, APP, RESET)).select(
        *WHOSE,
        # Spark has no unsigned integer of 64 bits and takes a decimal, which is slow to group by.
        (f.col("key") - f.lit(HALF).cast("decimal(20,0)")).cast("bigint").alias("key"),
        f.unix_millis("occurred_at").alias("at"),
        (f.col("mark") == RESET).alias("is_reset"),
        (f.col("mark") == USER).alias("is_user"),
    )
    in_order = Window.partitionBy("key").orderBy("at", "is_reset")
    is_new = (f.col("at") - f.lag("at").over(in_order) > TIMEOUT_MS) | f.lag("is_reset").over(in_order)
    so_far = in_order.rowsBetween(Window.unboundedPreceding, Window.currentRow)
    conversations = (
        rows.withColumn("is_new", f.coalesce(is_new, f.lit(False)).cast("int"))
        .withColumn("conversation", f.sum("is_new").over(so_far))
        .groupBy("key", "conversation")
        .agg(
            *(f.first(name).alias(name) for name in WHOSE),
            f.min(f.when(~f.col("is_reset"), f.col("at"))).alias("first_at"),
            f.max(f.when(~f.col("is_reset"), f.col("at"))).alias("last_at"),
            f.max("is_user").alias("has_user"),
        )
        .where("has_user")
    )
    last_block = f.greatest(
        f.lit(0), f.floor((f.col("last_at") - f.col("first_at") + BLOCK_MS - 1) / BLOCK_MS) - 1
    )
    start = f.col("first_at") + f.col("block_index") * BLOCK_MS
    return conversations.withColumn("block_index", f.explode(f.sequence(f.lit(0), last_block))).select(
        *WHOSE,
        (f.col("key").cast("decimal(20,0)") + f.lit(HALF).cast("decimal(20,0)")).alias("key"),
        f.col("block_index").cast("int"),
        f.timestamp_millis(start).alias("started_at"),
        f.timestamp_millis(f.least(start + BLOCK_MS, f.col("last_at"))).alias("ended_at"),
    )


def main(asked: Path, answer: Path) -> None:
    """Starts Spark, then reads `files` and writes the folder `out`."""
    arguments = json.loads(asked.read_text())
    spark = (
        SparkSession.builder.master("local[2]")
        .config("spark.driver.memory", arguments["driver_memory"])
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.shuffle.partitions", "8")
        .config("spark.sql.parquet.compression.codec", "zstd")
        .config("spark.hadoop.parquet.compression.codec.zstd.level", "1")
        .config("spark.ui.enabled", "false")
        .config("spark.local.dir", str(Path(arguments["out"]).parent))
        .getOrCreate()
    )
    spark.range(1).count()  # the first job loads classes: start, not work
    ready_at, began = time.time(), time.perf_counter()
    blocks_of(spark.read.parquet(*arguments["files"])).write.mode("overwrite").parquet(arguments["out"])
    seconds = time.perf_counter() - began
    told = {"ready_at": ready_at, "seconds": seconds, "version": spark.version}
    spark.stop()
    answer.write_text(json.dumps(told))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
