#include "winnow/domain/noise.hpp"

namespace winnow::domain {

std::string_view to_string(NoiseKind kind) noexcept
{
    switch (kind) {
        case NoiseKind::total: return "total";
        case NoiseKind::rule: return "rule";
        case NoiseKind::source: return "source";
        case NoiseKind::service: return "service";
    }
    return "total";
}

}  // namespace winnow::domain
