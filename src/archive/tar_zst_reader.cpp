#include "winnow/archive/tar_zst.hpp"

#include <zstd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace winnow::archive {

namespace {

constexpr std::size_t kBlock = 512;
constexpr int kWindowLog = 23;  // 8 MiB: what a frame may make us hold. Ours need 2.

Error wrong(std::string what)
{
    return {ErrorCode::invalid_argument, "the archive " + std::move(what)};
}

/// Octal digits up to a NUL or a blank; nullopt where there is anything else, or no digit.
std::optional<std::uint64_t> octal(std::string_view field)
{
    std::uint64_t value = 0;
    std::size_t digits = 0;
    for (; digits < field.size() && field[digits] >= '0' && field[digits] <= '7'; ++digits) {
        if (digits > 20) return std::nullopt;
        value = value * 8 + static_cast<std::uint64_t>(field[digits] - '0');
    }
    const auto rest = field.substr(digits);
    if (digits == 0 || rest.find_first_not_of(std::string_view("\0 ", 2)) != std::string_view::npos)
        return std::nullopt;
    return value;
}

bool is_zeros(std::string_view block)
{
    return std::ranges::all_of(block, [](char byte) { return byte == '\0'; });
}

std::uint64_t checksum(std::string_view block)
{
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < block.size(); ++i) {
        sum += i >= 148 && i < 156 ? static_cast<unsigned char>(' ') : static_cast<unsigned char>(block[i]);
    }
    return sum;
}

struct FreeContext {
    void operator()(ZSTD_DCtx* context) const noexcept { ZSTD_freeDCtx(context); }
};

/// The tar inside, block by block.
class Blocks {
public:
    Blocks(TarZstReader::Member member, const ReadLimits& limits) : member_(std::move(member)), limits_(limits) {}

    Result<Done> take(std::string_view bytes)
    {
        while (!bytes.empty()) {
            const auto wanted = std::min<std::size_t>(kBlock - block_.size(), bytes.size());
            block_.append(bytes.substr(0, wanted));
            bytes.remove_prefix(wanted);
            if (block_.size() < kBlock) return Done{};
            if (auto read = read_block(); !read) return read;
            block_.clear();
        }
        return Done{};
    }

    [[nodiscard]] bool is_at_end() const noexcept { return zeros_ == 2 && block_.empty(); }

private:
    Result<Done> read_block()
    {
        if (zeros_ == 2) return wrong("goes on behind its end");
        if (name_) return read_content();
        if (is_zeros(block_)) {
            ++zeros_;
            return Done{};
        }
        if (zeros_ != 0) return wrong("goes on behind its end");
        return read_header();
    }

    Result<Done> read_header()
    {
        const std::string_view head(block_);
        const auto sum = octal(head.substr(148, 8));
        if (!sum || *sum != checksum(head) ||
            head.substr(257, 8) != std::string_view("ustar\0"
                                                    "00",
                                                    8)) {
            return wrong("has a member without a sound head");
        }
        auto name = head.substr(0, kMostNameBytes);
        name = name.substr(0, name.find('\0'));
        if (head[156] != '0' || !is_zeros(head.substr(345, 155))) return wrong("has a member that is no plain file");
        if (!is_member_name(name)) return wrong("has a member with a name that may lead elsewhere");
        const auto size = octal(head.substr(124, 12));
        if (!size || *size > limits_.max_member_bytes) return wrong("has a member that is too long");
        if (names_.size() >= limits_.max_members) return wrong("has too many members");
        if (!names_.emplace(name).second) return wrong("has two members of one name");
        name_.emplace(name);
        left_ = *size;
        content_.clear();
        return left_ == 0 ? give() : Result<Done>(Done{});
    }

    Result<Done> read_content()
    {
        const auto here = std::min<std::uint64_t>(left_, kBlock);
        content_.append(block_, 0, here);
        left_ -= here;
        return left_ == 0 ? give() : Result<Done>(Done{});
    }

    Result<Done> give()
    {
        const auto name = *std::exchange(name_, std::nullopt);
        return member_(name, content_);
    }

    TarZstReader::Member member_;
    const ReadLimits limits_;
    std::string block_;
    std::set<std::string> names_;
    std::optional<std::string> name_;  ///< Of the member that is being read.
    std::uint64_t left_ = 0;           ///< Of its content.
    std::string content_;
    int zeros_ = 0;  ///< Blocks of the end.
};

}  // namespace

class TarZstReader::Impl {
public:
    Impl(Member member, const ReadLimits& limits)
        : max_bytes_(limits.max_bytes), blocks_(std::move(member), limits), context_(ZSTD_createDCtx())
    {
        if (!context_) throw std::bad_alloc();
        ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, kWindowLog);
        buffer_.resize(ZSTD_DStreamOutSize());
    }

    Result<Done> take(std::string_view bytes)
    {
        ZSTD_inBuffer in{.src = bytes.data(), .size = bytes.size(), .pos = 0};
        bool is_full = false;  // then there may be more to come of what was taken
        while (in.pos < in.size || is_full) {
            if (is_whole_) return wrong("goes on behind its frame");
            ZSTD_outBuffer out{.dst = buffer_.data(), .size = buffer_.size(), .pos = 0};
            const auto left = ZSTD_decompressStream(context_.get(), &out, &in);
            if (ZSTD_isError(left) != 0U) return wrong("is damaged, or no zstd frame");
            unpacked_ += out.pos;
            if (unpacked_ > max_bytes_) return wrong("becomes too long");
            if (auto read = blocks_.take({buffer_.data(), out.pos}); !read) return read;
            is_whole_ = left == 0;
            is_full = out.pos == out.size && !is_whole_;
        }
        return Done{};
    }

    Result<Done> finish()
    {
        if (!is_whole_ || !blocks_.is_at_end()) return wrong("ends before its end");
        return Done{};
    }

private:
    const std::uint64_t max_bytes_;
    Blocks blocks_;
    std::unique_ptr<ZSTD_DCtx, FreeContext> context_;
    std::string buffer_;
    std::uint64_t unpacked_ = 0;
    bool is_whole_ = false;
};

TarZstReader::TarZstReader(Member member, ReadLimits limits) : impl_(std::make_unique<Impl>(std::move(member), limits))
{
}

TarZstReader::~TarZstReader() = default;

Result<Done> TarZstReader::take(std::string_view bytes)
{
    return impl_->take(bytes);
}

Result<Done> TarZstReader::finish()
{
    return impl_->finish();
}

}  // namespace winnow::archive
