"""Nabla: the frame around every page. Start it with `make run`, or with `streamlit run app.py`."""

from ui import frame

frame.run()
