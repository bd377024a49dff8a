"""The vault's formats as docs/security/cryptography.md has them, by another implementation: python3-cryptography."""

import os
import struct
import uuid

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


def derive(key, info):
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=info.encode()).derive(key)


def root_id(root):
    return derive(root, "root-id")[:8].hex()


def _wrapping(root, tenant, version):
    return f"winnow-tenant-key/{root_id(root)}".encode() + uuid.UUID(tenant).bytes + struct.pack(">I", version)


def unwrap(root, wrapped, tenant, version):
    return AESGCM(root).decrypt(wrapped[:12], wrapped[12:], _wrapping(root, tenant, version))


def wrap(root, key, tenant, version):
    nonce = os.urandom(12)
    return nonce + AESGCM(root).encrypt(nonce, key, _wrapping(root, tenant, version))


def _place(tenant, table, column, row, version):
    parts = (uuid.UUID(tenant).bytes, table.encode(), column.encode(), row.encode(), struct.pack(">I", version))
    return b"".join(struct.pack(">H", len(part)) + part for part in parts)


def open_sealed(key, kind, sealed, tenant, table, column, row):
    assert sealed[0] == 2, sealed[:1]
    version = struct.unpack(">I", sealed[1:5])[0]
    bound = _place(tenant, table, column, row, version)
    return AESGCM(derive(key, kind)).decrypt(sealed[5:17], sealed[17:], bound)


def seal(key, kind, secret, tenant, table, column, row, version):
    nonce = os.urandom(12)
    bound = _place(tenant, table, column, row, version)
    return b"\x02" + struct.pack(">I", version) + nonce + AESGCM(derive(key, kind)).encrypt(nonce, secret, bound)
