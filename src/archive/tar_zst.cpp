#include "winnow/archive/tar_zst.hpp"

#include <zstd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <new>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>

namespace winnow::archive {

namespace {

constexpr int kLevel = 3;  // twice as quick as 6, for a twentieth more
constexpr std::size_t kBlock = 512;

using Block = std::array<char, kBlock>;

/// Octal digits, zeros before them, and a NUL at the end of the field.
void put_octal(std::span<char> field, std::uint64_t value)
{
    field.back() = '\0';
    for (auto place = field.size() - 1; place > 0; --place) {
        field[place - 1] = static_cast<char>('0' + value % 8);
        value /= 8;
    }
    if (value != 0) throw std::length_error("a number of a tar header is too large");
}

void put_text(std::span<char> field, std::string_view text)
{
    std::ranges::copy(text, field.begin());
}

/// POSIX.1-1988, "ustar": what a member is called and how long it is. Owner and group are nobody's.
Block header(std::string_view name, std::uint64_t size, std::uint64_t seconds)
{
    Block block{};
    const std::span<char> all(block);
    put_text(all.subspan(0, 100), name);
    put_octal(all.subspan(100, 8), 0644);  // mode
    put_octal(all.subspan(108, 8), 0);     // owner
    put_octal(all.subspan(116, 8), 0);     // group
    put_octal(all.subspan(124, 12), size);
    put_octal(all.subspan(136, 12), seconds);
    std::ranges::fill(all.subspan(148, 8), ' ');  // as the checksum counts itself
    all[156] = '0';                               // a plain file
    put_text(all.subspan(257, 5), "ustar");       // and a NUL
    put_text(all.subspan(263, 2), "00");
    put_octal(all.subspan(329, 8), 0);  // device
    put_octal(all.subspan(337, 8), 0);
    std::uint64_t sum = 0;
    for (const char byte : block) sum += static_cast<unsigned char>(byte);
    put_octal(all.subspan(148, 7), sum);  // six digits, a NUL, and the blank that is there
    return block;
}

std::string_view text_of(const Block& block)
{
    return {block.data(), block.size()};
}

struct FreeContext {
    void operator()(ZSTD_CCtx* context) const noexcept { ZSTD_freeCCtx(context); }
};

}  // namespace

class TarZstWriter::Impl {
public:
    Impl(Sink sink, Timestamp at)
        : sink_(std::move(sink)),
          seconds_(static_cast<std::uint64_t>(
              std::max<std::int64_t>(std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count(), 0))),
          context_(ZSTD_createCCtx())
    {
        if (!context_) throw std::bad_alloc();
        ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, kLevel);
        ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_checksumFlag, 1);
        buffer_.resize(ZSTD_CStreamOutSize());
    }

    Result<Done> add(std::string_view name, std::string_view content)
    {
        if (!is_member_name(name)) {
            return Error(ErrorCode::invalid_argument, "no member of an archive can be called that");
        }
        static constexpr Block kZeros{};
        const auto padding = (kBlock - content.size() % kBlock) % kBlock;
        const auto head = header(name, content.size(), seconds_);
        if (auto written = write(text_of(head)); !written) return written;
        if (auto written = write(content); !written) return written;
        return write(text_of(kZeros).substr(0, padding));
    }

    Result<Done> finish()
    {
        static constexpr std::array<char, 2 * kBlock> kEnd{};
        if (auto written = write({kEnd.data(), kEnd.size()}); !written) return written;
        return compress({}, ZSTD_e_end);
    }

private:
    Result<Done> write(std::string_view bytes) { return compress(bytes, ZSTD_e_continue); }

    Result<Done> compress(std::string_view bytes, ZSTD_EndDirective directive)
    {
        ZSTD_inBuffer in{.src = bytes.data(), .size = bytes.size(), .pos = 0};
        while (true) {
            ZSTD_outBuffer out{.dst = buffer_.data() + filled_, .size = buffer_.size() - filled_, .pos = 0};
            const auto left = ZSTD_compressStream2(context_.get(), &out, &in, directive);
            if (ZSTD_isError(left) != 0U) throw std::runtime_error("zstd cannot compress");  // a bug, or no memory
            filled_ += out.pos;
            const bool is_done = directive == ZSTD_e_end ? left == 0 : in.pos == in.size;
            if (filled_ == buffer_.size() || (is_done && directive == ZSTD_e_end)) {
                if (auto taken = flush(); !taken) return taken;
            }
            if (is_done) return Done{};
        }
    }

    Result<Done> flush()
    {
        if (filled_ == 0) return Done{};
        return sink_({buffer_.data(), std::exchange(filled_, 0)});
    }

    Sink sink_;
    const std::uint64_t seconds_;
    std::unique_ptr<ZSTD_CCtx, FreeContext> context_;
    std::string buffer_;
    std::size_t filled_ = 0;
};

TarZstWriter::TarZstWriter(Sink sink, Timestamp at) : impl_(std::make_unique<Impl>(std::move(sink), at)) {}

TarZstWriter::~TarZstWriter() = default;

Result<Done> TarZstWriter::add(std::string_view name, std::string_view content)
{
    return impl_->add(name, content);
}

Result<Done> TarZstWriter::finish()
{
    return impl_->finish();
}

bool is_member_name(std::string_view name) noexcept
{
    if (name.empty() || name.size() > kMostNameBytes || name.front() == '/' || name.back() == '/') return false;
    if (name.find("..") != std::string_view::npos || name.find("//") != std::string_view::npos) return false;
    return std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
               c == '-' || c == '/';
    });
}

}  // namespace winnow::archive
