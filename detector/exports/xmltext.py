"""Trees -> XML documents: the same tree gives the same bytes."""

from __future__ import annotations

from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from detector.exports.wording import one_line


def add(parent: Element, tag: str, text: str | int | None = None, **attributes: str | int) -> Element:
    """A new last child of `parent`; text and attributes become one line that XML can hold."""
    child = SubElement(parent, tag, {name: one_line(str(value)) for name, value in attributes.items()})
    child.text = None if text is None else one_line(str(text))
    return child


def document(root: Element, doctype: str = "") -> bytes:
    """The document in UTF-8, indented."""
    ElementTree.indent(root)
    head = '<?xml version="1.0" encoding="UTF-8"?>\n' + (f"<!DOCTYPE {doctype}>\n" if doctype else "")
    return (head + ElementTree.tostring(root, encoding="unicode") + "\n").encode("utf-8")
