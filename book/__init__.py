"""How a folder of notebooks becomes tested HTML."""

import sys

# jsonschema would build a grammar of addresses at each start, for a second and a half; no notebook is checked by it.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
