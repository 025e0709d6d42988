"""Check my work: a sheet to fill in, a verdict on every number, and the slip behind a wrong one."""

from ui.frame import open_page
from ui.sheet import show

open_page("check_my_work")
show()
