#include "expr/regex.hpp"

namespace winnow::expr {

std::shared_ptr<const RE2> compile_regex(const std::string& pattern)
{
    constexpr std::int64_t kMaxMemory = 256 << 10;
    RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(kMaxMemory);
    options.set_dot_nl(true);
    return std::make_shared<const RE2>(pattern, options);
}

}  // namespace winnow::expr
