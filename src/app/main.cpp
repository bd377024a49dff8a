#include "app/server_commands.hpp"
#include "app/try_rows.hpp"
#include "winnow/cli/command_line.hpp"

#include <malloc.h>

#include <string_view>

namespace {

/// Folds and journal rows take and give back some megabytes many times a second. By default each goes back to the
/// system and comes again page by page: a twentieth of the program's time on a busy node, for memory that it needs
/// again in a moment. What is larger, or more than this at once, still goes back.
void keep_memory_between_folds()
{
    constexpr int kMiB = 1 << 20;
    mallopt(M_MMAP_THRESHOLD, 32 * kMiB);
    mallopt(M_TRIM_THRESHOLD, 128 * kMiB);
    mallopt(M_TOP_PAD, kMiB);
    // Of small blocks, only each thread's few are kept as they are. More of them would be put aside one by one, to be
    // joined with their neighbours by whoever next asks for a large block: here that is every request and fold.
    mallopt(M_MXFAST, 0);
}

}  // namespace

int main(int argc, char** argv)
{
    keep_memory_between_folds();
    if (argc == 2 && std::string_view(argv[1]) == winnow::app::kTryRows) return winnow::app::run_try_rows();
    return winnow::cli::run(argc, argv, {.add_server_commands = winnow::app::add_server_commands});
}
