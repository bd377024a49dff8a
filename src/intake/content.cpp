#include "winnow/intake/formats.hpp"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

namespace winnow::intake {

namespace {

constexpr std::size_t kChunk = 64 * 1024;
// What a body of so many parts must at least hold: each costs something, and none of it is an alert.
constexpr std::size_t kFreeParts = 1'000;
constexpr std::size_t kBytesOfPart = 64;
constexpr int kMaxWindowLog = 23;  // 8 MiB: what RFC 9659 lets a zstd Content-Encoding ask of its receiver

Error damaged(std::string_view encoding)
{
    return field_error("", "The body is not valid " + std::string(encoding) + ": it is damaged or cut short.");
}

Error too_large(std::size_t max_bytes)
{
    return Error(ErrorCode::too_large, "The body is larger than " + std::to_string(max_bytes) +
                                           " bytes when decoded; send fewer alerts at a time.");
}

// Members of gzip, frames of zstd: a body may be several of them in a row.
bool too_many(std::size_t parts, std::size_t bytes)
{
    return parts > kFreeParts + bytes / kBytesOfPart;
}

Error too_many_parts(std::string_view what)
{
    return field_error("", "The body has more than " + std::to_string(kFreeParts) + ' ' + std::string(what) +
                               " of fewer than " + std::to_string(kBytesOfPart) +
                               " bytes; compress all of it at once.");
}

// Grows `out` by what fits, one byte more than allowed at most: that byte proves the body too large.
std::size_t grow(std::string& out, std::size_t max_bytes)
{
    const auto room = std::min(kChunk, max_bytes + 1 - out.size());
    // Not zeroed: a body may be many empty members, each of which gets a chunk.
    out.resize_and_overwrite(out.size() + room, [](char*, std::size_t size) { return size; });
    return room;
}

Result<std::string> decode_gzip(std::string_view body, std::size_t max_bytes)
{
    z_stream stream{};
    constexpr int kGzipOnly = 16 + MAX_WBITS;
    if (inflateInit2(&stream, kGzipOnly) != Z_OK) return Error(ErrorCode::internal, "zlib cannot start");
    const std::unique_ptr<z_stream, int (*)(z_stream*)> closer(&stream, inflateEnd);
    std::string copy(body);  // zlib's interface wants it writable
    stream.next_in = reinterpret_cast<Bytef*>(copy.data());
    stream.avail_in = static_cast<uInt>(copy.size());

    std::string out;
    int status = Z_OK;
    std::size_t members = 1;
    while (status != Z_STREAM_END || stream.avail_in > 0) {
        if (status == Z_STREAM_END) {  // a further member
            if (too_many(++members, out.size())) return too_many_parts("members");
            if (inflateReset(&stream) != Z_OK) return damaged("gzip");
        }
        const auto before = out.size();
        const auto room = grow(out, max_bytes);
        stream.next_out = reinterpret_cast<Bytef*>(out.data() + before);
        stream.avail_out = static_cast<uInt>(room);
        status = inflate(&stream, Z_NO_FLUSH);
        const auto written = room - stream.avail_out;
        out.resize(before + written);
        if (out.size() > max_bytes) return too_large(max_bytes);
        const bool moved = status == Z_OK && (written > 0 || stream.avail_in > 0);
        if (status != Z_STREAM_END && !moved) return damaged("gzip");
    }
    return out;
}

Result<std::string> decode_zstd(std::string_view body, std::size_t max_bytes)
{
    const std::unique_ptr<ZSTD_DCtx, std::size_t (*)(ZSTD_DCtx*)> context(ZSTD_createDCtx(), ZSTD_freeDCtx);
    if (!context) return Error(ErrorCode::internal, "zstd cannot start");
    ZSTD_DCtx_setParameter(context.get(), ZSTD_d_windowLogMax, kMaxWindowLog);
    ZSTD_inBuffer in{body.data(), body.size(), 0};
    std::string out;
    std::size_t hint = 1;  // 0 where a frame is complete
    std::size_t frames = 0;
    while (in.pos < in.size || hint != 0) {
        const auto before = out.size();
        const auto consumed = in.pos;
        const auto room = grow(out, max_bytes);
        ZSTD_outBuffer chunk{out.data() + before, room, 0};
        hint = ZSTD_decompressStream(context.get(), &chunk, &in);
        out.resize(before + chunk.pos);
        if (ZSTD_isError(hint) != 0U) return damaged("zstd");
        if (out.size() > max_bytes) return too_large(max_bytes);
        if (hint != 0 && chunk.pos == 0 && in.pos == consumed) return damaged("zstd");
        if (hint == 0 && too_many(++frames, out.size())) return too_many_parts("frames");
    }
    return out;
}

std::string lower(std::string_view text)
{
    std::string copy(text);
    std::ranges::transform(copy, copy.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return copy;
}

}  // namespace

Result<std::string> decode_content(std::string_view encoding, std::string body, std::size_t max_bytes)
{
    const auto name = lower(encoding);
    if (name.empty() || name == "identity") {
        if (body.size() > max_bytes) return too_large(max_bytes);
        return body;
    }
    if (name == "gzip" || name == "x-gzip") return decode_gzip(body, max_bytes);
    if (name == "zstd") return decode_zstd(body, max_bytes);
    return field_error("", "The Content-Encoding is not one we take; send gzip, zstd or none.");
}

}  // namespace winnow::intake
