"""The quality report: a page to read and forward, and a GeoPackage of the odd spots. Door: :func:`write`."""

from klimastep.export.quality_report.page import BESIDE, write

__all__ = ["BESIDE", "write"]
