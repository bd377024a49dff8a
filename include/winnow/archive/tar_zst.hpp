#pragma once

/// @file
/// Archives as `tar --zstd` reads them (POSIX ustar in one zstd frame), written piece by piece. Pure.

#include "winnow/base/result.hpp"
#include "winnow/base/time.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

namespace winnow::archive {

/// Where compressed bytes go, in order, some 128 KiB at a time. An Error ends the archive.
using Sink = std::move_only_function<Result<Done>(std::string_view bytes)>;

/// The longest name of a member that fits, in bytes.
inline constexpr std::size_t kMostNameBytes = 100;

/// Writes members as they come: memory is that of the compressor, a few MiB, however long the archive becomes. Not
/// thread-safe. Throws std::bad_alloc.
class TarZstWriter {
public:
    /// `at`: of every member, to the second.
    TarZstWriter(Sink sink, Timestamp at);
    ~TarZstWriter();
    TarZstWriter(const TarZstWriter&) = delete;
    TarZstWriter& operator=(const TarZstWriter&) = delete;

    /// A plain file. `name` is 1 to kMostNameBytes of a-z, A-Z, 0-9, '.', '_', '-' and '/', relative and without "..":
    /// `invalid_argument` where it is not. What the sink said where it failed.
    [[nodiscard]] Result<Done> add(std::string_view name, std::string_view content);

    /// Once, and last: the end of the archive, and all that is left of it.
    [[nodiscard]] Result<Done> finish();

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

/// What an archive may be at most.
struct ReadLimits {
    std::uint64_t max_member_bytes = std::uint64_t{64} << 20U;
    std::size_t max_members = 100'000;
    std::uint64_t max_bytes = std::uint64_t{1} << 40U;  ///< Of all that is in it, unpacked.
};

/// Reads what TarZstWriter writes, and nothing else: one zstd frame with plain members under names that
/// is_member_name() allows, each once, and nothing behind the end. `invalid_argument` says what is wrong, in words that
/// name neither content nor bytes. Memory is that of one member and of their names, however little a frame becomes
/// much: what is beyond a limit is not unpacked. Not thread-safe. Throws std::bad_alloc.
class TarZstReader {
public:
    /// Given each member when all of it was read. An Error ends the reading.
    using Member = std::move_only_function<Result<Done>(std::string_view name, std::string_view content)>;

    explicit TarZstReader(Member member, ReadLimits limits = {});
    ~TarZstReader();
    TarZstReader(const TarZstReader&) = delete;
    TarZstReader& operator=(const TarZstReader&) = delete;

    /// The archive's next bytes. After an Error, and after finish(), it is of no use.
    [[nodiscard]] Result<Done> take(std::string_view bytes);

    /// There are no more bytes: an Error where the archive has not come to its end.
    [[nodiscard]] Result<Done> finish();

private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

/// Whether a member may be called so.
[[nodiscard]] bool is_member_name(std::string_view name) noexcept;

}  // namespace winnow::archive
