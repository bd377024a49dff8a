#include "cli/rest/rest_client.hpp"

#include "winnow/base/shown_url.hpp"

#include <curl/curl.h>
#include <strings.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <string_view>
#include <thread>
#include <utility>

namespace winnow::cli {

namespace {

using nlohmann::json;

constexpr long kTimeoutSeconds = 60;  // of a whole call; of one whose answer is taken piece by piece, without a byte

struct CurlFree {
    void operator()(CURL* handle) const noexcept { curl_easy_cleanup(handle); }
    void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
};
using Headers = std::unique_ptr<curl_slist, CurlFree>;

void append(Headers& headers, const std::string& line)
{
    const auto breaks = [](unsigned char c) {
        return c < 0x20 || c == 0x7F;
    };
    if (std::ranges::any_of(line, breaks)) {
        throw std::runtime_error(line.substr(0, line.find(':')) + " must not hold line ends or control characters");
    }
    headers.reset(curl_slist_append(headers.release(), line.c_str()));
}

/// Where an answer's body goes.
struct Body {
    CURL* handle = nullptr;
    const Call& what;
    Answer& answer;
    bool is_enough = false;
    std::exception_ptr failure{};  ///< Of what.to: libcurl must not see it.
};

std::size_t take_body(const char* data, std::size_t size, std::size_t count, void* into)
{
    auto& body = *static_cast<Body*>(into);
    const std::string_view piece(data, size * count);
    curl_easy_getinfo(body.handle, CURLINFO_RESPONSE_CODE, &body.answer.status);
    if (!body.what.to || !body.answer.ok()) {
        body.answer.body.append(piece);
        return piece.size();
    }
    try {
        body.is_enough = !body.what.to(piece);
    } catch (...) {
        body.failure = std::current_exception();
    }
    return body.is_enough || body.failure ? CURL_WRITEFUNC_ERROR : piece.size();
}

std::optional<std::string_view> value_of(std::string_view line, std::string_view name)
{
    if (line.size() <= name.size() || strncasecmp(line.data(), name.data(), name.size()) != 0) return std::nullopt;
    auto value = line.substr(name.size());
    while (value.ends_with('\n') || value.ends_with('\r')) value.remove_suffix(1);
    return value;
}

std::size_t take_header(const char* data, std::size_t size, std::size_t count, void* into)
{
    const std::string_view line(data, size * count);
    auto& answer = *static_cast<Answer*>(into);
    if (const auto etag = value_of(line, "etag: ")) answer.etag = *etag;
    if (const auto pause = value_of(line, "retry-after: ")) {
        int seconds = 0;
        const auto [end, wrong] = std::from_chars(pause->data(), pause->data() + pause->size(), seconds);
        if (wrong == std::errc() && seconds >= 0) answer.retry_after = std::chrono::seconds(seconds);
    }
    return size * count;
}

/// "" where it is not set, or empty, which is the same as of every variable here.
std::string state_folder()
{
    const char* folder = std::getenv("WINNOW_STATE_DIR");
    return folder == nullptr ? "" : folder;
}

std::filesystem::path ready_file()
{
    const auto folder = state_folder();
    return std::filesystem::path(folder.empty() ? ".winnow" : folder) / "ready.json";
}

/// Throws where a place that gives something does not give what a call takes.
void check_whole(const Connection& given, const Connection& names, const std::string& elsewhere)
{
    if (!given.url.empty() && !given.key.empty()) return;
    const auto& known = !given.url.empty() ? names.url : !given.key.empty() ? names.key : names.ca_file;
    const auto missing = !given.url.empty()   ? names.key
                         : !given.key.empty() ? names.url
                                              : names.url + " and " + names.key;
    throw std::runtime_error(known + " is given without " + missing + ": URL, key and CA come from one place (" +
                             elsewhere + "), so that no key goes to a server that it is not meant for");
}

/// Throws where a header cannot carry it.
void check_key(const std::string& key)
{
    const auto odd = [](unsigned char c) {
        return c <= 0x20 || c >= 0x7F;
    };
    if (std::ranges::any_of(key, odd)) {
        throw std::runtime_error(
            "the key (--key or WINNOW_KEY) holds a blank, a line end or another character that no key has: copy it "
            "again, without the end of its line");
    }
}

/// As paths are put behind it. Throws where it is none that could be called.
std::string checked_url(std::string url)
{
    while (url.ends_with('/')) url.pop_back();
    if (strncasecmp(url.c_str(), "https://", 8) != 0) {
        throw std::runtime_error(
            "the URL (--url or WINNOW_URL) must begin with https://, which is all that Winnow "
            "speaks: \"" +
            shown_url(url) + "\"");
    }
    const std::string_view rest = std::string_view(url).substr(8);
    if (rest.substr(0, rest.find_first_of("/?#")).contains('@')) {
        throw std::runtime_error(
            "the URL (--url or WINNOW_URL) must not hold a user name or password: give the API key by --key or "
            "WINNOW_KEY");
    }
    return url;
}

/// Why there is no answer, and what to do about it.
std::string no_answer(CURLcode code, const Connection& connection)
{
    const std::string ca = "--ca, or WINNOW_CA_FILE with WINNOW_URL and WINNOW_KEY";
    switch (code) {
        case CURLE_PEER_FAILED_VERIFICATION:
            return std::string(curl_easy_strerror(code)) + ": name the authority that signed its certificate (" + ca +
                   ")" +
                   (connection.ca_file.empty() ? ""
                                               : "; " + connection.ca_file +
                                                     " does not hold it, or the "
                                                     "certificate is for another host");
        case CURLE_SSL_CACERT_BADFILE:
            return "the file of authorities " + connection.ca_file + " cannot be read as PEM (" + ca + ")";
        case CURLE_SSL_CONNECT_ERROR: return std::string(curl_easy_strerror(code)) + ": is it a listener of Winnow's?";
        default: return curl_easy_strerror(code);
    }
}

std::string variable(const char* name)
{
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

void complete_from_ready_file(Connection& connection, const json& ready, As who)
{
    const auto& tenant = ready.at("tenants").at(0);
    connection.url = ready.at(who == As::provider ? "management_url" : "customer_url").get<std::string>();
    connection.ca_file = ready.at("ca_file").get<std::string>();
    switch (who) {
        case As::admin: connection.key = tenant.at("users").at("admin").at("key"); break;
        case As::integration: connection.key = tenant.at("integration").at("key"); break;
        case As::provider: connection.key = ready.at("provider").at("key"); break;
    }
}

}  // namespace

void Connection::add_options(Syntax& command)
{
    command.add_option("--url", url, "Where Winnow listens, e.g. https://winnow.internal:8443");
    command.add_option("--key", key, "The API key (better: all three in the environment)");
    command.add_option("--ca", ca_file, "The authority that signed Winnow's certificate");
    command.add_flag("--json", json, "For scripts: the answer as JSON");
}

bool complete_from(Connection& flags, const Connection& environment)
{
    static const Connection kFlags{.url = "--url", .key = "--key", .ca_file = "--ca"};
    static const Connection kVariables{.url = "WINNOW_URL", .key = "WINNOW_KEY", .ca_file = "WINNOW_CA_FILE"};
    const auto gives_something = [](const Connection& place) {
        return !place.url.empty() || !place.key.empty() || !place.ca_file.empty();
    };
    if (gives_something(flags)) {
        check_whole(flags, kFlags, "flags, or WINNOW_URL, WINNOW_KEY and WINNOW_CA_FILE without flags");
        return true;
    }
    if (!gives_something(environment)) return false;
    check_whole(environment, kVariables, "WINNOW_URL, WINNOW_KEY and WINNOW_CA_FILE, or --url, --key and --ca");
    flags.url = environment.url;
    flags.key = environment.key;
    flags.ca_file = environment.ca_file;
    return true;
}

void complete(Connection& connection, As who)
{
    const Connection environment{
        .url = variable("WINNOW_URL"), .key = variable("WINNOW_KEY"), .ca_file = variable("WINNOW_CA_FILE")};
    if (complete_from(connection, environment)) {
        connection.url = checked_url(std::move(connection.url));
        check_key(connection.key);
        return;
    }
    const auto file = ready_file();
    std::ifstream in(file);
    if (!in) {
        throw std::runtime_error(
            "no server to call: give --url and --key (or WINNOW_URL and WINNOW_KEY), or start one here with "
            "\"winnow dev\" (no instance has left " +
            file.string() + (state_folder().empty() ? "" : ", where WINNOW_STATE_DIR points") + ")");
    }
    try {
        complete_from_ready_file(connection, json::parse(in), who);
    } catch (const json::exception&) {
        throw std::runtime_error(file.string() + " is not the ready file of a development instance");
    }
    if (!connection.json) std::cerr << "(the development instance of " << file.string() << ")\n";
}

json Answer::json() const
{
    auto document = json::parse(body, nullptr, /*allow_exceptions=*/false);
    if (document.is_discarded()) throw std::runtime_error("the server's answer is not JSON; is this a Winnow?");
    return document;
}

Answer call(const Connection& connection, const Call& what)
{
    const std::unique_ptr<CURL, CurlFree> handle(curl_easy_init());
    if (!handle) throw std::runtime_error("libcurl cannot start");
    Answer answer;
    Body body{.handle = handle.get(), .what = what, .answer = answer};
    Headers headers;
    append(headers, "Authorization: Bearer " + connection.key);
    append(headers, "Accept: application/json");
    append(headers, "Expect:");
    for (const auto& header : what.headers) append(headers, header);
    const auto url = connection.url + what.path;
    curl_easy_setopt(handle.get(), CURLOPT_URL, url.c_str());
    curl_easy_setopt(handle.get(), CURLOPT_PROTOCOLS_STR, "https");
    curl_easy_setopt(handle.get(), CURLOPT_CUSTOMREQUEST, what.method.c_str());
    if (what.to) {
        curl_easy_setopt(handle.get(), CURLOPT_CONNECTTIMEOUT, kTimeoutSeconds);
        curl_easy_setopt(handle.get(), CURLOPT_LOW_SPEED_LIMIT, 1L);
        curl_easy_setopt(handle.get(), CURLOPT_LOW_SPEED_TIME, kTimeoutSeconds);
    } else {
        curl_easy_setopt(handle.get(), CURLOPT_TIMEOUT, kTimeoutSeconds);
    }
    curl_easy_setopt(handle.get(), CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(handle.get(), CURLOPT_WRITEFUNCTION, &take_body);
    curl_easy_setopt(handle.get(), CURLOPT_WRITEDATA, &body);
    curl_easy_setopt(handle.get(), CURLOPT_HEADERFUNCTION, &take_header);
    curl_easy_setopt(handle.get(), CURLOPT_HEADERDATA, &answer);
    if (!connection.ca_file.empty()) curl_easy_setopt(handle.get(), CURLOPT_CAINFO, connection.ca_file.c_str());
    if (!what.body.empty() || what.method == "POST") {
        append(headers, "Content-Type: " + what.content_type);
        curl_easy_setopt(handle.get(), CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(what.body.size()));
        curl_easy_setopt(handle.get(), CURLOPT_POSTFIELDS, what.body.c_str());
    }
    curl_easy_setopt(handle.get(), CURLOPT_HTTPHEADER, headers.get());
    const auto code = curl_easy_perform(handle.get());
    if (body.failure) std::rethrow_exception(body.failure);
    if (code != CURLE_OK && !body.is_enough) {
        throw std::runtime_error("cannot call " + shown_url(connection.url) + ": " + no_answer(code, connection));
    }
    curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &answer.status);
    return answer;
}

namespace {

/// Tenants are made at one listener, all else is done at the other.
std::string hint_of_listener(const Answer& answer, const std::string& path)
{
    if (answer.status != 404) return "";
    if (path == "/admin/v1/tenants" || path.starts_with("/admin/v1/tenants?")) {
        return "\n  tenants are the management listener's (port 9443 by default): is this URL the customer listener's?";
    }
    return "";
}

/// What is done instead of what cannot be done as things are makes no room in a quota.
bool is_quota(const Answer& answer)
{
    const auto problem = json::parse(answer.body, nullptr, /*allow_exceptions=*/false);
    return problem.is_object() && problem.contains("code") && problem["code"] == "quota_exceeded";
}

Answer checked(Answer answer, const Call& what)
{
    if (answer.status == 404 && !what.missing.empty()) throw std::runtime_error(what.missing);
    if (answer.status == 409 && !what.instead.empty() && !is_quota(answer)) {
        throw std::runtime_error(explain(answer, what.typed) + "\n  " + what.instead);
    }
    if (!answer.ok()) throw std::runtime_error(explain(answer, what.typed) + hint_of_listener(answer, what.path));
    return answer;
}

}  // namespace

Answer call_or_fail(const Connection& connection, const Call& what)
{
    return checked(call(connection, what), what);
}

Answer call_patiently(const Connection& connection, const Call& what)
{
    constexpr std::chrono::seconds kPatience{90};
    constexpr std::chrono::seconds kUntold{5};
    std::chrono::seconds waited{0};
    for (;;) {
        auto answer = call(connection, what);
        const auto pause = std::max(answer.retry_after.value_or(kUntold), std::chrono::seconds{1});
        if ((answer.status != 429 && answer.status != 503) || waited + pause > kPatience) {
            return checked(std::move(answer), what);
        }
        std::cerr << explain(answer, what.typed) << "\n(sending it again in " << pause.count() << " s)" << std::endl;
        std::this_thread::sleep_for(pause);
        waited += pause;
    }
}

std::string place_of(const std::string& pointer, const Typed& typed)
{
    for (const auto& [field, flag] : typed) {
        if (pointer == field) return flag + ": ";
        if (pointer.starts_with(field + '/')) return flag + " (" + pointer + "): ";
    }
    return pointer.empty() ? "" : pointer + ": ";
}

namespace {

/// "query parameter 'group_by': …" as "--by: …".
std::string with_flag(const std::string& sentence, const Typed& typed)
{
    for (const auto& [parameter, flag] : typed) {
        const auto before = "query parameter '" + parameter + "': ";
        if (sentence.starts_with(before)) return flag + ": " + sentence.substr(before.size());
    }
    return sentence;
}

}  // namespace

std::string explain(const Answer& answer, const Typed& typed)
{
    const auto problem = json::parse(answer.body, nullptr, /*allow_exceptions=*/false);
    std::string text = "the server answered " + std::to_string(answer.status);
    if (!problem.is_object()) return text;
    std::string detail;
    if (const auto told = problem.find("detail"); told != problem.end() && told->is_string()) detail = *told;
    std::string fields;
    bool told_by_fields = false;  // the first field's is usually the document's sentence
    if (const auto errors = problem.find("errors"); errors != problem.end() && errors->is_array()) {
        for (const auto& error : *errors) {
            const auto sentence = error.value("detail", "");
            told_by_fields = told_by_fields || (!sentence.empty() && detail.ends_with(sentence));
            fields += "\n  " + place_of(error.value("pointer", ""), typed) + with_flag(sentence, typed);
        }
    }
    if (!detail.empty() && !told_by_fields) text += ": " + with_flag(detail, typed);
    text += fields;
    return text;
}

std::string url_encode(const std::string& text)
{
    const std::unique_ptr<char, decltype(&curl_free)> encoded(
        curl_easy_escape(nullptr, text.c_str(), static_cast<int>(text.size())), &curl_free);
    return encoded ? encoded.get() : "";
}

}  // namespace winnow::cli
