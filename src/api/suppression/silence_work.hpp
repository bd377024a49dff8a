#pragma once

/// @file
/// What the handlers of silences share.

#include "api/rest/json_body.hpp"
#include "api/rest/route.hpp"
#include "api/suppression/scope_json.hpp"
#include "winnow/domain/silence.hpp"

#include <optional>

namespace winnow::api {

/// A silence as a body has it; the times mean different things to a new silence and to one that has begun.
struct SilenceInput {
    domain::Silence silence;
    std::optional<Timestamp> starts_at;
    std::optional<Timestamp> ends_at;
};

/// `need`: of `ends_at` and `comment`, which a preview may leave out.
[[nodiscard]] SilenceInput read_silence(FieldReader& fields, Timestamp now, ScopeGuard guard,
                                        Need need = Need::required);

/// Gives a new silence its times, and refuses an end that is not after its start, or has passed.
void settle_new_times(FieldReader& fields, SilenceInput& input, Timestamp now);

[[nodiscard]] Result<Answer> preview_silence(const Call& call, ports::TenantSession& session);

}  // namespace winnow::api
