"""Generated logs: realistic ones of any size, and the demo's two months with all their dirt."""

from orchestration.generator.demo import generate_demo
from orchestration.generator.landing import Summary
from orchestration.generator.logs import FIRST_DAY, generate
from orchestration.generator.shape import FORMATS, Format, Shape

__all__ = ["FIRST_DAY", "FORMATS", "Format", "Shape", "Summary", "generate", "generate_demo"]
