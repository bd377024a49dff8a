#include "expr/regex.hpp"

#include "winnow/expr/pattern.hpp"

#include <map>
#include <tuple>
#include <utility>

namespace winnow::expr {

namespace {

std::shared_ptr<const RE2> compiled(const std::string& pattern, Dot dot)
{
    constexpr std::int64_t kMaxMemory = 256 << 10;
    RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(kMaxMemory);
    options.set_dot_nl(dot == Dot::anything);
    return std::make_shared<const RE2>(pattern, options);
}

}  // namespace

class PatternsOnce::Kept {
public:
    static thread_local Kept* current;

    std::shared_ptr<const RE2> find(const std::string& pattern, Dot dot)
    {
        const auto known = known_.find({pattern, dot});
        if (known != known_.end()) return known->second;
        auto made = compiled(pattern, dot);
        const auto size = static_cast<std::size_t>(made->ok() ? made->ProgramSize() : 1);
        constexpr std::size_t kMost = 1'000'000;
        if (instructions_ < kMost) {
            instructions_ += size;
            known_.emplace(std::pair(pattern, dot), made);
        }
        return made;
    }

private:
    std::map<std::pair<std::string, Dot>, std::shared_ptr<const RE2>> known_;
    std::size_t instructions_ = 0;
};

thread_local PatternsOnce::Kept* PatternsOnce::Kept::current = nullptr;

PatternsOnce::PatternsOnce()
{
    if (Kept::current != nullptr) return;
    kept_ = std::make_unique<Kept>();
    Kept::current = kept_.get();
}

PatternsOnce::~PatternsOnce()
{
    if (kept_) Kept::current = nullptr;
}

std::shared_ptr<const RE2> compile_pattern(const std::string& pattern, Dot dot)
{
    auto* kept = PatternsOnce::Kept::current;
    return kept == nullptr ? compiled(pattern, dot) : kept->find(pattern, dot);
}

std::shared_ptr<const RE2> compile_regex(const std::string& pattern)
{
    return compile_pattern(pattern, Dot::anything);
}

}  // namespace winnow::expr
