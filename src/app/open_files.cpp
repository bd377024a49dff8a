#include "app/node.hpp"
#include "winnow/observe/log.hpp"

#include <sys/resource.h>

#include <cstddef>
#include <cstdint>

namespace winnow::app {

void raise_open_files_limit(const Config& config)
{
    constexpr std::size_t kOtherFiles = 256;  // database sessions, webhooks, libraries
    rlimit files{};
    if (getrlimit(RLIMIT_NOFILE, &files) != 0) return;
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    const auto places = config.customer.limits.max_connections + config.management.limits.max_connections;
    // Displaced connections are open a while longer: a quarter at most.
    const auto wanted = places + places / 4 + 2 * config.dispatch.shares.max_in_flight + kOtherFiles;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < wanted) {
        observe::warn("this process may open fewer files than http.max_connections needs; raise its LimitNOFILE",
                      {{"limit", static_cast<std::int64_t>(files.rlim_cur)}, {"wanted", wanted}});
    }
}

}  // namespace winnow::app
