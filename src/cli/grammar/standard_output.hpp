#pragma once

/// @file
/// Whether what a command says arrives: a disk may be full, or nobody have given it a standard output.

#include <atomic>
#include <streambuf>
#include <string>

namespace winnow::cli {

/// Looks on at what goes to std::cout while it lives, and remembers why something of it could not be written. As safe
/// for several threads as std::cout is.
class StandardOutput : private std::streambuf {
public:
    /// Before anything is opened: where a standard file is closed, puts something in its place that nothing can be read
    /// from or written to (for standard error: that takes everything). Else what is opened next, a socket maybe, got
    /// its number, and with it the output.
    StandardOutput();
    ~StandardOutput() override;
    StandardOutput(const StandardOutput&) = delete;
    StandardOutput& operator=(const StandardOutput&) = delete;

    /// Writes out what is still kept. Why not all could be written, as the system says it; "" where all was, or who
    /// read it has read enough, as in `… | head -1`.
    [[nodiscard]] std::string problem();

private:
    int_type overflow(int_type c) override;
    std::streamsize xsputn(const char* text, std::streamsize size) override;
    int sync() override;

    void note(bool written) noexcept;

    std::streambuf* below_;
    std::atomic<int> why_ = 0;  ///< errno of the first that failed.
};

}  // namespace winnow::cli
