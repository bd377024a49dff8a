#include "signin/mail_words.hpp"

namespace winnow::signin {

namespace {

constexpr MailWords kInvitation{
    .subject = "Winnow への招待: {tenant}",
    .before =
        "{tenant}（サービスコード {code}）より、アラートとチケットを扱う Winnow へ招待されました。\n\n"
        "承諾するには、次のページを開いてパスワードを設定してください。",
    .after =
        "このリンクは 1 回だけ、{until} まで有効です。リンクを知る人は誰でもあなたの代わりに承諾できます。こ"
        "のメールを転送しないでください。\n\n"
        "心当たりがない場合は、何もする必要はありません。"};

constexpr MailWords kPasswordReset{
    .subject = "Winnow: パスワードの再設定",
    .before =
        "{at}{source}、{tenant}（サービスコード {code}）のあなたのアカウントについて、パスワードの再設定が求"
        "められました。\n\n"
        "再設定するには、次のページを開いてください。",
    .after =
        "このリンクは 1 回だけ、{until} まで有効です。再設定するとすべてのセッションが終了します。新しいパス"
        "ワードとこれまでどおりの二要素目でサインインしてください。\n\n"
        "心当たりがない場合は、何もする必要はありません。パスワードは変わりません。"};

constexpr MailWords kEmailChange{
    .subject = "Winnow: 新しいメールアドレスの確認",
    .before =
        "{at}{source}、{tenant}（サービスコード {code}）のアカウントの新しいメールアドレスとして、このアドレ"
        "スが入力されました。\n\n"
        "確認するには、次のページを開いてください。",
    .after =
        "このリンクは 1 回だけ、{until} まで有効です。確認されるまでは、以前のアドレスが使われます。\n\n"
        "心当たりがない場合は、何もする必要はありません。"};

constexpr MailWords kEmailChangeNotice{
    .subject = "Winnow: メールアドレスが変更されようとしています",
    .before =
        "{at}{source}、{tenant}（サービスコード {code}）のあなたのアカウントに、別のメールアドレスが入力され"
        "ました。確認されると、このアドレスに代わって使われます。\n\n"
        "心当たりがない場合は、次のページで変更を止めてください。",
    .after =
        "このリンクは 1 回だけ、{until} まで有効です。止めたあとはパスワードを変更し、{tenant} の管理者に連絡"
        "してください。"};

constexpr MailWords kMfaReset{
    .subject = "Winnow: 二要素目の再設定",
    .before =
        "{at}、{tenant}（サービスコード {code}）の管理者が、あなたのアカウントの二要素目の再設定を許可しまし"
        "た。\n\n"
        "再設定するには、次のページを開いてください。パスワードが必要です。",
    .after =
        "このリンクは 1 回だけ、{until} まで有効です。使うと、以前の二要素目、リカバリーコード、すべてのセッ"
        "ションが無効になります。\n\n"
        "依頼していない場合は、リンクを使わずに {tenant} の管理者に連絡してください。"};

constexpr MailWords kPasswordChanged{
    .subject = "Winnow: パスワードが変更されました",
    .before =
        "{at}{source}、{tenant}（サービスコード {code}）のあなたのアカウントのパスワードが変更されました。ほ"
        "かのセッションは終了しました。",
    .after = "心当たりがない場合は、すぐにパスワードを再設定し、{tenant} の管理者に連絡してください。"};

constexpr MailWords kFactorChanged{
    .subject = "Winnow: 二要素目が変更されました",
    .before =
        "{at}{source}、{tenant}（サービスコード {code}）のあなたのアカウントの二要素目が設定、変更または削除"
        "されました。ほかのセッションは終了しました。",
    .after = "心当たりがない場合は、すぐにパスワードを変更し、{tenant} の管理者に連絡してください。"};

constexpr MailWords kEmailChanged{
    .subject = "Winnow: メールアドレスが変更されました",
    .before =
        "{at}{source}、{tenant}（サービスコード {code}）のあなたのアカウントのメールアドレスが変更されました"
        "。このアドレスへのメールはこれが最後です。",
    .after = "心当たりがない場合は、すぐに {tenant} の管理者に連絡してください。"};

constexpr MailWords kNewNetwork{
    .subject = "Winnow: 新しい場所からのサインイン",
    .before =
        "{at}{source}、{tenant}（サービスコード {code}）のあなたのアカウントに、これまで使われていなかったネ"
        "ットワークからサインインがありました。",
    .after =
        "ご本人であれば、何もする必要はありません。心当たりがない場合は、すぐにパスワードを変更してください。"
        "ほかのセッションは終了します。"};

constexpr MailWords kFewRecoveryCodes{
    .subject = "Winnow: リカバリーコードが残り少なくなりました",
    .before =
        "{tenant}（サービスコード {code}）のあなたのアカウントの未使用のリカバリーコードは、残り {number} 個"
        "です。",
    .after =
        "プロフィールで新しいコードを作り、二要素目とは別の場所に保管してください。使った覚えがない場合は、ほ"
        "かの人が使っています。すぐにパスワードを変更し、{tenant} の管理者に連絡してください。"};

constexpr MailWords kSignInHeld{
    .subject = "Winnow: パスワードの誤りが続いています",
    .before =
        "{tenant}（サービスコード {code}）のあなたのアカウントでパスワードまたはコードの誤りが続いたため、1 "
        "日のうちに 10 回サインインが一時的に止められました。最後は {at} です。毎回 15 分後に解除され、以前"
        "サインインしたブラウザーからのサインインは止められません。",
    .after =
        "心当たりがない場合は、誰かがパスワードを推測しようとしています。パスワードは見破られていません。ほか"
        "で使っていない長いパスワードと二要素目が、あなたのアカウントを守ります。"};

constexpr MailWords kAnnouncedMaintenance{
    .subject = "Winnow: メンテナンスのお知らせ: {about}",
    .before =
        "{at}、{tenant}（サービスコード {code}）に、サービスのメンテナンスのお知らせがあります。\n\n"
        "{about}",
    .after = "日時と影響は、Winnow の「お知らせ」をご覧ください。"};

constexpr MailWords kAnnouncedChange{
    .subject = "Winnow: 変更のお知らせ: {about}",
    .before =
        "{at}、{tenant}（サービスコード {code}）に、サービスの変更のお知らせがあります。\n\n"
        "{about}",
    .after = "変更の内容と時期は、Winnow の「お知らせ」をご覧ください。"};

constexpr MailWords kAnnouncedIncident{
    .subject = "Winnow: 障害・インシデントのお知らせ: {about}",
    .before =
        "{at}、{tenant}（サービスコード {code}）に、障害またはインシデントのお知らせがあります。\n\n"
        "{about}",
    .after = "判明していることと必要な対応は、Winnow の「お知らせ」をご覧ください。"};

constexpr MailWords kAnnouncedAdvisory{
    .subject = "Winnow: セキュリティに関するお知らせ: {about}",
    .before =
        "{at}、{tenant}（サービスコード {code}）に、セキュリティに関するお知らせがあります。\n\n"
        "{about}",
    .after = "対象と必要な対応は、Winnow の「お知らせ」をご覧ください。"};

constexpr MailWords kInquiryAsked{
    .subject = "Winnow: {code} からのお問い合わせ: {about}",
    .before =
        "{at}、{tenant}（サービスコード {code}）からお問い合わせがありました。\n\n"
        "{about}",
    .after =
        "全文は管理リスナーにあります（winnow inquiry show --provider）。回答もそこで行うと、お問い合わせの方に"
        "通知されます。"};

constexpr MailWords kInquiryAnswered{
    .subject = "Winnow: お問い合わせへの回答: {about}",
    .before =
        "{at}、{tenant}（サービスコード {code}）のお問い合わせに回答がありました。\n\n"
        "{about}",
    .after = "回答は Winnow の「お問い合わせ」にあります。続けて質問することも、終了することもできます。"};

constexpr MailWords kSupportOpened{
    .subject = "Winnow: サポート担当者による {code} のデータ閲覧が許可されました",
    .before =
        "{at} から最長 {number} 分間、提供元のサポート担当者 1 名が {tenant}（サービスコード {code}）のチケット・"
        "アラート・ルール・連絡先を閲覧できます。変更はできません。別の担当者が承認しています。理由：\n\n"
        "{about}",
    .after =
        "閲覧はすべて {tenant} のアクセスログと監査ログに記録されます。管理者は Winnow の「サポート許可」からいつでも"
        "終了できます。"};
constexpr MailWords kAdminInvited{
    .subject = "Winnow: 提供者が管理者を招待しました",
    .before =
        "{at}、Winnow の提供者が {tenant}（サービスコード {code}）に管理者を招待しました。このメールは "
        "{tenant} のすべての管理者に送信されています。",
    .after =
        "招待された人は監査ログ（tenant.invite_admin）で確認できます。{tenant} の誰も依頼していない場合は、そ"
        "の利用者を無効にし、提供者に理由を確認してください。"};

constexpr MailWords kKeyMade{
    .subject = "Winnow: あなたのキーが作成されました",
    .before =
        "{at}、{tenant}（サービスコード {code}）の管理者が、あなたのアカウントのキーを作成しました。このキーを"
        "持つ人は、あなたの名前で操作できます。",
    .after = "依頼した覚えがない場合は、プロフィールでキーを取り消し、{tenant} の管理者に理由を確認してください。"};

}  // namespace

const MailWords& japanese(MailKind kind) noexcept
{
    switch (kind) {
        case MailKind::invitation: return kInvitation;
        case MailKind::password_reset: return kPasswordReset;
        case MailKind::email_change: return kEmailChange;
        case MailKind::email_change_notice: return kEmailChangeNotice;
        case MailKind::mfa_reset: return kMfaReset;
        case MailKind::password_changed: return kPasswordChanged;
        case MailKind::factor_changed: return kFactorChanged;
        case MailKind::email_changed: return kEmailChanged;
        case MailKind::new_network: return kNewNetwork;
        case MailKind::few_recovery_codes: return kFewRecoveryCodes;
        case MailKind::sign_in_held: return kSignInHeld;
        case MailKind::announced_maintenance: return kAnnouncedMaintenance;
        case MailKind::announced_change: return kAnnouncedChange;
        case MailKind::announced_incident: return kAnnouncedIncident;
        case MailKind::announced_advisory: return kAnnouncedAdvisory;
        case MailKind::inquiry_asked: return kInquiryAsked;
        case MailKind::inquiry_answered: return kInquiryAnswered;
        case MailKind::support_opened: return kSupportOpened;
        case MailKind::admin_invited: return kAdminInvited;
        case MailKind::key_made: return kKeyMade;
    }
    return kInvitation;
}

}  // namespace winnow::signin
