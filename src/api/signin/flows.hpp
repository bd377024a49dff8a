#pragma once

/// @file
/// The requests of signing in, a function each. Each answers its flow once.

#include "api/signin/flow.hpp"

namespace winnow::api {

// sign_in.cpp
void sign_in(const FlowPtr& flow);
void sign_out(const FlowPtr& flow);
void sign_in_methods(const FlowPtr& flow);

// second_factor.cpp
void complete_sign_in(const FlowPtr& flow);
void step_up(const FlowPtr& flow);

// enrolment.cpp: also of who has only shown the password
void begin_factor(const FlowPtr& flow);
void confirm_factor(const FlowPtr& flow);

// passwords.cpp
void change_password(const FlowPtr& flow);
void request_password_reset(const FlowPtr& flow);
void confirm_password_reset(const FlowPtr& flow);

// links.cpp
void peek_invitation(const FlowPtr& flow);
void accept_invitation(const FlowPtr& flow);
void confirm_mfa_reset(const FlowPtr& flow);
void confirm_email_change(const FlowPtr& flow);
void stop_email_change(const FlowPtr& flow);

}  // namespace winnow::api
