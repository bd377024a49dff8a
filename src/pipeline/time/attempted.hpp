#pragma once

/// @file
/// Where deciding about a tenant fails. Private to pipeline.

#include "winnow/base/result.hpp"
#include "winnow/observe/log.hpp"

#include <exception>
#include <new>
#include <type_traits>

namespace winnow::pipeline {

/// Runs `work`, which returns a Result. What it throws becomes an Error of this tenant's turn: the others' go on.
template <typename Work>
std::invoke_result_t<Work&> attempted(Work work)
{
    try {
        return work();
    } catch (const std::bad_alloc&) {  // nothing of the tenant's: waiting helps
        return Error(ErrorCode::unavailable, "no memory is left");
    } catch (const std::exception& thrown) {
        observe::error("what is due of a tenant cannot be decided", {{"error", thrown.what()}});
        return Error(ErrorCode::internal, "internal error");
    }
}

}  // namespace winnow::pipeline
