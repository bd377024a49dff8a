#pragma once

/// @file
/// What refusals say of the limit that was met: its value, and whose it is.

#include "http/wire/body_memory.hpp"
#include "http/wire/framing.hpp"
#include "winnow/http/server.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace winnow::http {

/// Of what was refused while the head was read; "" where the refusal's own detail says all.
[[nodiscard]] std::string head_detail(const Refusal& refusal, const Limits& limits);

/// `whole`: the body's time is over; else it came slower than a large one must.
[[nodiscard]] std::string slow_body_detail(bool whole, const Limits& limits);
/// `setting`: whose value `most` is; "" where nobody can set it.
[[nodiscard]] std::string large_body_detail(std::size_t most, std::string_view setting);
[[nodiscard]] std::string no_memory_detail(BodyMemory::Lack lack, const BodyMemory& memory);
[[nodiscard]] std::string busy_tenant_detail(std::size_t most);
[[nodiscard]] std::string many_streams_detail(std::size_t most);

}  // namespace winnow::http
