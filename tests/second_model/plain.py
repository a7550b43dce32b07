"""YAML as plain data, numbers as they stand: read and written without the product."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml


class _Loader(yaml.CSafeLoader):
    """Numbers with a point are decimals."""


class _Dumper(yaml.CSafeDumper):
    """No anchors; decimals as they stand."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def _written(dumper: _Dumper, number: Decimal) -> yaml.ScalarNode:
    text = f"{number:f}"
    return dumper.represent_scalar(f"tag:yaml.org,2002:{'float' if '.' in text else 'int'}", text)


_Loader.add_constructor("tag:yaml.org,2002:float", lambda loader, node: Decimal(node.value))
_Dumper.add_representer(Decimal, _written)


def read(text: str | Path) -> Any:
    return yaml.load(text if isinstance(text, str) else text.read_text("utf-8"), _Loader)


def write(content: Any) -> str:
    return str(yaml.dump(content, Dumper=_Dumper, sort_keys=False, allow_unicode=True))
