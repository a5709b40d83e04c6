"""A QR code in the terminal, two modules a letter: for what a telephone shall take from the screen."""

from typing import Any, Final

import zxingcpp

_PAIRS: Final = {(True, True): "█", (True, False): "▀", (False, True): "▄", (False, False): " "}


def terminal_qr(text: str) -> str:
    """Lines of half blocks with the quiet zone around the code. Light is drawn, as terminals are dark more often."""
    code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    drawn: Any = code.to_image(scale=1, add_quiet_zones=True)  # a buffer, whatever its type says
    image = memoryview(drawn)
    height, width = drawn.shape
    light = [[image[row, column] > 0 for column in range(width)] for row in range(height)]
    if height % 2:
        light.append([True] * width)
    return "\n".join(
        "".join(_PAIRS[pair] for pair in zip(above, below, strict=True))
        for above, below in zip(light[::2], light[1::2], strict=True)
    )
