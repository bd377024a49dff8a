#include "cli/grammar/standard_output.hpp"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <iostream>
#include <system_error>
#include <utility>

namespace winnow::cli {

namespace {

void keep_standard_files()
{
    // In this order: what is opened gets the lowest number that is free.
    for (const auto& [file, mode] :
         {std::pair{STDIN_FILENO, O_WRONLY}, std::pair{STDOUT_FILENO, O_RDONLY}, std::pair{STDERR_FILENO, O_WRONLY}}) {
        if (::fcntl(file, F_GETFD) >= 0 || errno != EBADF) continue;
        static_cast<void>(::open("/dev/null", mode));  // failing leaves it as it was
    }
}

/// Whether it is a pipe whose other end is closed.
bool reader_has_gone()
{
    pollfd output{.fd = STDOUT_FILENO, .events = POLLOUT, .revents = 0};
    return ::poll(&output, 1, 0) > 0 && (output.revents & POLLERR) != 0;
}

}  // namespace

StandardOutput::StandardOutput() : below_(std::cout.rdbuf())
{
    keep_standard_files();
    std::cout.rdbuf(this);
}

StandardOutput::~StandardOutput()
{
    std::cout.rdbuf(below_);
}

std::string StandardOutput::problem()
{
    sync();
    if (why_ == 0 || why_ == EPIPE || reader_has_gone()) return "";
    return std::generic_category().message(why_);
}

StandardOutput::int_type StandardOutput::overflow(int_type c)
{
    if (traits_type::eq_int_type(c, traits_type::eof())) return traits_type::not_eof(c);
    const auto put = below_->sputc(traits_type::to_char_type(c));
    note(!traits_type::eq_int_type(put, traits_type::eof()));
    return put;
}

std::streamsize StandardOutput::xsputn(const char* text, std::streamsize size)
{
    const auto put = below_->sputn(text, size);
    note(put == size);
    return put;
}

int StandardOutput::sync()
{
    const int failed = below_->pubsync();
    note(failed == 0);
    return failed;
}

void StandardOutput::note(bool written) noexcept
{
    int none = 0;
    if (!written) why_.compare_exchange_strong(none, errno == 0 ? EIO : errno);
}

}  // namespace winnow::cli
