"""Reads metrics as Prometheus' own client does, and looks at names and labels as `promtool check metrics` does."""

import collections
import re
import sys

from prometheus_client.parser import text_string_to_metric_families

# A series for each is much; a caller who could make new ones would make more.
MOST_SERIES = 80
UNITS = {"milliseconds": "seconds", "ms": "seconds", "minutes": "seconds", "kilobytes": "bytes", "kb": "bytes", "megabytes": "bytes", "percent": "ratio"}
TYPES = ("counter", "gauge", "histogram", "summary")

with open(sys.argv[1], encoding="utf-8") as file:
    families = list(text_string_to_metric_families(file.read()))
wrong = []
for family in families:
    name = family.name
    # The client takes `_total` off the name of a counter.
    if family.type == "counter" and not all(sample.name.endswith("_total") for sample in family.samples):
        wrong.append(f"{name}: a counter ends with _total")
    if family.type != "counter" and name.endswith("_total"):
        wrong.append(f"{name}: only a counter ends with _total")
    if family.type == "unknown" or not family.documentation:
        wrong.append(f"{name}: no type or no help")
    if not re.fullmatch(r"(hydra|process)_[a-z0-9_]+", name):
        wrong.append(f"{name}: not ours, or not in snake case")
    parts = name.split("_")
    wrong += [f"{name}: {part} should be {UNITS[part]}" for part in parts if part in UNITS]
    wrong += [f"{name}: the type is in the name" for part in parts if part in TYPES]
    if family.type == "histogram" and "seconds" not in parts and "bytes" not in parts:
        wrong.append(f"{name}: no unit")
    if name.endswith(("_count", "_sum", "_bucket", "_info")) and name != "hydra_build_info":
        wrong.append(f"{name}: an ending that has a meaning of its own")
    values = collections.defaultdict(set)
    for sample in family.samples:
        for label, value in sample.labels.items():
            values[label].add(value)
            if not re.fullmatch(r"[a-z][a-z0-9_]*", label):
                wrong.append(f"{name}: the label {label}")
    wrong += [f"{name}: {len(known)} values of {label}" for label, known in values.items() if len(known) > MOST_SERIES]
if len(families) < 12:
    wrong.append(f"only {len(families)} metrics")
print("\n".join(wrong) or "ok")
