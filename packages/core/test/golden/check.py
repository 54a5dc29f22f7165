"""python3 check.py: checks the golden files with Python and openssl alone, from the texts of the standards."""
import base64, hashlib, json, os, subprocess, tempfile
from decimal import Decimal

os.chdir(os.path.dirname(os.path.abspath(__file__)))


def read(file):
    with open(file, encoding="utf-8", newline="") as opened:
        return opened.read()


def sha256(data):
    return hashlib.sha256(data).digest()


# RFC 8785


def number(value):
    """Section 3.2.2.3: the shortest digits that give the same double, as ECMAScript writes them."""
    value = float(value)
    if value == 0:
        return "0"
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    digits, point = "".join(map(str, digits)), len(digits) + exponent
    if len(digits) <= point <= 21:
        text = digits + "0" * (point - len(digits))
    elif 0 < point <= 21:
        text = digits[:point] + "." + digits[point:]
    elif -6 < point <= 0:
        text = "0." + "0" * -point + digits
    else:
        text = digits[0] + ("." + digits[1:] if digits[1:] else "") + f"e{point - 1:+d}"
    return "-" * sign + text


ESCAPES = {8: "\\b", 9: "\\t", 10: "\\n", 12: "\\f", 13: "\\r", 34: '\\"', 92: "\\\\"}


def string(value):
    """Section 3.2.2.2."""
    return '"' + "".join(ESCAPES.get(ord(c), f"\\u{ord(c):04x}" if ord(c) < 32 else c) for c in value) + '"'


def canonical(value):
    if value is None or value is True or value is False:
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str):
        return string(value)
    if isinstance(value, (int, float)):
        return number(value)
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
    return "{" + ",".join(string(key) + ":" + canonical(value[key]) for key in keys) + "}"


# RFC 9162, section 2.1: the definitions, word for word, on all leaves


def root(leaves):
    if not leaves:
        return sha256(b"")
    if len(leaves) == 1:
        return leaves[0]
    half = largest_power_below(len(leaves))
    return sha256(b"\1" + root(leaves[:half]) + root(leaves[half:]))


def largest_power_below(n):
    return 1 << ((n - 1).bit_length() - 1)


def path(index, leaves):
    if len(leaves) == 1:
        return []
    half = largest_power_below(len(leaves))
    if index < half:
        return path(index, leaves[:half]) + [root(leaves[half:])]
    return path(index - half, leaves[half:]) + [root(leaves[:half])]


def subproof(size, leaves, is_whole):
    if size == len(leaves):
        return [] if is_whole else [root(leaves)]
    half = largest_power_below(len(leaves))
    if size <= half:
        return subproof(size, leaves[:half], is_whole) + [root(leaves[half:])]
    return subproof(size - half, leaves[half:], False) + [root(leaves[:half])]


# C2SP signed-note, tlog-checkpoint, tlog-proof, tlog-witness


def verify(text, signature, key):
    with tempfile.TemporaryDirectory() as folder:
        def write(name, data):
            with open(os.path.join(folder, name), "wb") as opened:
                opened.write(data)
            return opened.name

        public = write("key", bytes.fromhex("302a300506032b6570032100") + key)  # RFC 8410, section 4
        command = ["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", public]
        command += ["-rawin", "-in", write("text", text), "-sigfile", write("signature", signature)]
        subprocess.run(command, check=True, capture_output=True)


def encode(hashes):
    return [base64.b64encode(value).decode() for value in hashes]


lines = read("log.jsonl").split("\n")
assert lines.pop() == "" and len(lines) == 600
for line in lines:
    entry = json.loads(line)
    assert canonical(entry) == line, line
    assert sorted(entry) == "cost_usd entry_id input_text latency_ms metadata model output_text timestamp user".split()

leaves = [sha256(b"\0" + line.encode()) for line in lines]
tree = json.loads(read("tree.json"))
assert tree["leafHashes"] == encode(leaves)
assert tree["roots"] == encode(root(leaves[:size]) for size in range(601))
for subtree in tree["subtrees"]:
    assert [subtree["root"]] == encode([root(leaves[subtree["start"] : subtree["end"]])])

name, key_hash, key = read("public-key.txt").split("+", 2)
key = base64.b64decode(key)
assert key[:1] == b"\1" and sha256(name.encode() + b"\n" + key)[:4].hex() == key_hash
notes = json.loads(read("notes.json"))
checkpoints = {}
for note in notes["checkpoints"]:
    text, signature = note["checkpoint"].split("\n\n")
    assert text + "\n" == f"{name}\n{note['size']}\n{tree['roots'][note['size']]}\n"
    assert signature.startswith(f"— {name} ") and signature.endswith("\n")
    signature = base64.b64decode(signature.split(" ")[2])
    assert signature[:4].hex() == key_hash
    verify(text.encode() + b"\n", signature[4:], key[1:])
    checkpoints[note["size"]] = note["checkpoint"]
for proof in notes["inclusion"]:
    head = ["c2sp.org/tlog-proof@v1", f"index {proof['index']}", *encode(path(proof["index"], leaves[: proof["size"]]))]
    assert proof["proof"] == "\n".join([*head, "", checkpoints[proof["size"]]])
for proof in notes["consistency"]:
    head = [f"old {proof['oldSize']}", *encode(subproof(proof["oldSize"], leaves[: proof["size"]], True))]
    assert proof["proof"] == "\n".join([*head, "", checkpoints[proof["size"]]])
print(f"{len(lines)} lines, {len(tree['roots'])} roots, {len(checkpoints)} checkpoints,", end=" ")
print(f"{len(notes['inclusion'])} inclusion and {len(notes['consistency'])} consistency proofs: all good")
