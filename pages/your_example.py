"""Your own network: typed, pasted or loaded, then stepped through like the examples of the books."""

from ui import workshop
from ui.frame import open_page

open_page("your_example")
workshop.show()
