"""The library: every worked example, every printed figure checked."""

from ui import gallery
from ui.frame import open_page

open_page("worked_examples")
gallery.show()
