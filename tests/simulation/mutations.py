"""Faults to plant, one at a time: tests/simulation/mutants looks whether the simulation notices."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutation:
    name: str
    what: str  # what is wrong with it, for the table
    file: str  # from the root of the tree
    before: str  # stands there exactly once
    after: str


MUTATIONS: list[Mutation] = [
    Mutation(
        "share_exclusive",
        "the share must be exceeded, not reached",
        "controller/quorum/quorum.cc",
        "part > 0 && part + kRounding >= share * whole",
        "part > 0 && part > share * whole + kRounding",
    ),
    Mutation(
        "share_of_nobody",
        "nobody at all reaches a share",
        "controller/quorum/quorum.cc",
        "return part > 0 && part + kRounding",
        "return part + kRounding",
    ),
    Mutation(
        "too_few_voters",
        "one vantage less than `min_voters` is enough",
        "controller/quorum/quorum.cc",
        "tally.voters < policy.min_voters ||",
        "tally.voters + 1 < policy.min_voters ||",
    ),
    Mutation(
        "voters_networks_ignored",
        "`min_asns` is not asked of the voters",
        "controller/quorum/quorum.cc",
        "if (tally.asns < policy.min_asns) return",
        "if (tally.asns < 0) return",
    ),
    Mutation(
        "down_networks_ignored",
        "`min_asns` is not asked of those who say DOWN",
        "controller/quorum/quorum.cc",
        "const bool diverse = tally.down_asns >= policy.min_asns;",
        "const bool diverse = true;",
    ),
    Mutation(
        "countries_ignored",
        "`min_countries` is ignored",
        "controller/quorum/quorum.cc",
        "if (tally.countries < policy.min_countries) return",
        "if (tally.countries < 0) return",
    ),
    Mutation(
        "turnout_ignored",
        "`min_turnout` is ignored",
        "controller/quorum/quorum.cc",
        "if (tally.turnout() + kRounding < policy.min_turnout) return",
        "if (tally.turnout() < 0) return",
    ),
    Mutation(
        "abstainer_is_up",
        "who abstains is counted as a voter for UP",
        "controller/quorum/quorum.cc",
        (
            "    if (standing.kind == VoteKind::kAbstain) {\n"
            "      ++tally.abstainers;\n"
            "      continue;\n"
            "    }\n"
        ),
        "    if (standing.kind == VoteKind::kAbstain) ++tally.abstainers;\n",
    ),
    Mutation(
        "weights_ignored",
        "every vantage weighs the same",
        "controller/quorum/quorum.cc",
        "all.Add(standing, elector.weight);",
        "all.Add(standing, 1);",
    ),
    Mutation(
        "degraded_is_down",
        "DEGRADED is counted as DOWN",
        "controller/quorum/quorum.cc",
        "const bool is_down = standing.kind == VoteKind::kDown;",
        "const bool is_down = standing.kind != VoteKind::kUp;",
    ),
    Mutation(
        "region_without_turnout",
        "a region's vote counts whoever of it is silent",
        "controller/quorum/quorum.cc",
        "!ReachesShare(votes.turned_out, policy.min_turnout, region.weight_configured)",
        "false",
    ),
    Mutation(
        "origin_taken_for_edge",
        "the origin's own errors are called the edge's",
        "controller/quorum/attribution.cc",
        "return {Attribution::kOrigin, Cause::Reason::kErrorsAreTheOrigins, -1};",
        "return {Attribution::kEdge, Cause::Reason::kErrorsAreTheOrigins, -1};",
    ),
    Mutation(
        "origin_refusal_is_edge",
        "an origin that refuses is called the edge's fault",
        "controller/quorum/attribution.cc",
        "return {Attribution::kOrigin, Cause::Reason::kOriginRefuses, exit};",
        "return {Attribution::kEdge, Cause::Reason::kOriginRefuses, exit};",
    ),
    Mutation(
        "dns_plane_taken_for_edge",
        "a name that fails is called the edge's fault",
        "controller/quorum/attribution.cc",
        "return {Attribution::kDnsPlane, Cause::Reason::kNameFails, -1};",
        "return {Attribution::kEdge, Cause::Reason::kNameFails, -1};",
    ),
    Mutation(
        "no_tunnel_unknown",
        "no tunnel is up, and the cause stays unknown",
        "controller/quorum/attribution.cc",
        "return {Attribution::kEdgeOriginPath, Cause::Reason::kNoTunnel, -1};",
        "return {Attribution::kUnknown, Cause::Reason::kNoTunnel, -1};",
    ),
    Mutation(
        "late_counts",
        "what comes too late counts as news",
        "controller/health/vantage_health.cc",
        "now - ended > target.fresh_for ||",
        "false ||",
    ),
    Mutation(
        "older_counts",
        "what is older than the newest counts",
        "controller/health/vantage_health.cc",
        "ended <= target.last_ended",
        "false",
    ),
    Mutation(
        "replay_counts",
        "a batch that came before is taken again",
        "controller/health/vantage_health.cc",
        "  if (number <= last_batch_) return false;\n",
        "",
    ),
    Mutation(
        "stale_vote",
        "a vote never becomes stale",
        "controller/health/vantage_health.cc",
        "if (!watch.newest || now - watch.newest->at > fresh_for) {",
        "if (!watch.newest) {",
    ),
    Mutation(
        "panel_ignored",
        "a vantage votes although its panel is bad",
        "controller/health/vantage_health.cc",
        "return now > panel_good_until_ ? Abstention::kPanelBad : Abstention::kNone;",
        "return Abstention::kNone;",
    ),
    Mutation(
        "counts_while_ailing",
        "what a vantage sees without a net of its own fills its filter",
        "controller/health/vantage_health.cc",
        "if (!refused && !Ails(now)) PushInto(watch, seen, ended);",
        "if (!refused) PushInto(watch, seen, ended);",
    ),
    Mutation(
        "window_across_silence",
        "a filter keeps what it knew across a silence",
        "controller/health/vantage_health.cc",
        "if (!before || at - *before <= watch.fresh_for) return;",
        "if (!before || at >= *before) return;",
    ),
    Mutation(
        "starved_votes",
        "a starved vantage votes",
        "controller/health/vantage_health.cc",
        "  if (lag_ > kMostLag) return Abstention::kStalled;\n",
        "",
    ),
    Mutation(
        "resolver_dead_votes",
        "a vantage without resolvers votes",
        "controller/health/vantage_health.cc",
        "  if (resolvers_dead_) return Abstention::kResolverDead;\n",
        "",
    ),
    Mutation(
        "refused_is_down",
        "that the edge refuses us counts as a failure",
        "controller/health/vantage_health.cc",
        "const bool refused = seen.probe_class == ProbeClass::kRefused;",
        "const bool refused = false;",
    ),
    Mutation(
        "cold_filter_votes",
        "a filter votes before its window is full",
        "controller/health/vantage_health.cc",
        "if (!watch.filter.warm() || old) return Abstention::kWarming;",
        "if (old) return Abstention::kWarming;",
    ),
    Mutation(
        "k_of_n_one_less",
        "DOWN at one bad result less than `k`",
        "controller/health/window_filters.cc",
        "if (Bad() >= rule_.k) {",
        "if (Bad() + 1 >= rule_.k) {",
    ),
    Mutation(
        "k_of_n_one_more",
        "DOWN at one bad result more than `k`",
        "controller/health/window_filters.cc",
        "if (Bad() >= rule_.k) {",
        "if (Bad() > rule_.k) {",
    ),
    Mutation(
        "k_of_n_recovers_at_once",
        "UP after the first good result",
        "controller/health/window_filters.cc",
        "if (good_run_ >= rule_.recover) health_ = Health::kUp;",
        "if (good_run_ >= 1) health_ = Health::kUp;",
    ),
    Mutation(
        "run_not_in_a_row",
        "a run of bad results survives a good one",
        "controller/health/window_filters.cc",
        "run_ = bad == bad_ ? std::min(run_ + 1, enough) : 1;",
        "run_ = std::min(run_ + 1, enough);",
    ),
    Mutation(
        "rate_half",
        "the rate's threshold is halved",
        "controller/health/timed_filters.cc",
        "share >= rule_.threshold ? Health::kDown",
        "share >= rule_.threshold / 2 ? Health::kDown",
    ),
    Mutation(
        "leaky_forgets_nothing",
        "a leaky score does not leak",
        "controller/health/timed_filters.cc",
        "results_ == 0 ? 0 : std::exp2(-half_lives)",
        "1.0",
    ),
    Mutation(
        "clock_swapped",
        "an agent's clock is corrected the wrong way",
        "controller/health/clock_offset.h",
        "Instant::SinceBoot(agent_since_boot - best_.offset)",
        "Instant::SinceBoot(agent_since_boot + best_.offset)",
    ),
    Mutation(
        "worst_ping",
        "the slowest ping is trusted, by its whole length",
        "controller/health/clock_offset.cc",
        "const absl::Duration middle = sent.since_boot() + round_trip / 2;",
        "const absl::Duration middle = sent.since_boot() + 40 * round_trip;",
    ),
    Mutation(
        "hold_ignored",
        "an intent is made without a hold",
        "controller/failover/failover_judging.cc",
        "VerdictOn(from) != Verdict::kDown || down_for < settings_.quorum.hold) return;",
        "VerdictOn(from) != Verdict::kDown) return;",
    ),
    Mutation(
        "hold_counts_breaks",
        "a hold goes on while nobody can see",
        "controller/failover/path_watch.h",
        "Mark(verdict == Verdict::kDown, down_since_, now);",
        "Mark(verdict == Verdict::kDown || verdict == Verdict::kBlind, down_since_, now);",
    ),
    Mutation(
        "hold_before_move",
        "what was seen before the last move counts after it",
        "controller/failover/failover_judging.cc",
        (
            "return moved_at_ ? std::min(watch->down_for(now), now - *moved_at_) : "
            "watch->down_for(now);"
        ),
        "return watch->down_for(now);",
    ),
    Mutation(
        "undecided_moves",
        "UNDECIDED is enough for an intent",
        "controller/failover/failover_judging.cc",
        "VerdictOn(from) != Verdict::kDown || down_for",
        (
            "(VerdictOn(from) != Verdict::kDown && VerdictOn(from) != "
            "Verdict::kUndecided) || down_for"
        ),
    ),
    Mutation(
        "never_rejudged",
        "an intent is pulled without being judged again",
        "controller/failover/failover_stages.cc",
        (
            "if (const std::string holder = HeldBy(sight); !holder.empty()) {\n"
            "    TellHolder(holder, sight);\n"
            "    return Retreat(\"\", Fault::kNobodys, sight);\n"
            "  }"
        ),
        "if (false) return;",
    ),
    Mutation(
        "recovered_not_cancelled",
        "an intent goes on although the path serves again",
        "controller/failover/failover_stages.cc",
        "  if (RecoveredFrom(sight)) {\n    return Cancel(",
        "  if (false) {\n    return Cancel(",
    ),
    Mutation(
        "verdict_rule_dropped",
        "the rules do not ask for the verdict",
        "controller/failover/rules.cc",
        "answer.ok = from != nullptr && from->tally.verdict == Verdict::kDown;",
        "answer.ok = true;",
    ),
    Mutation(
        "target_not_up",
        "the target need not be up",
        "controller/failover/rules.cc",
        ".ok = to != nullptr && Serves(to->tally.verdict),",
        ".ok = true,",
    ),
    Mutation(
        "target_unconnected",
        "the target need not be connected",
        "controller/failover/rules.cc",
        "const bool ok = exit != nullptr && exit->connected;",
        "const bool ok = true;",
    ),
    Mutation(
        "target_without_tunnel",
        "the target's tunnel need not be up",
        "controller/failover/rules.cc",
        "const bool ok = exit != nullptr && exit->tunnel_up;",
        "const bool ok = true;",
    ),
    Mutation(
        "pause_ignored",
        "a pause holds nothing",
        "controller/failover/rules.cc",
        ".ok = !proposal.paused,",
        ".ok = true,",
    ),
    Mutation(
        "stop_ignored",
        "the global stop holds nothing",
        "controller/failover/rules.cc",
        ".ok = sight.stopped.empty(),",
        ".ok = true,",
    ),
    Mutation(
        "origin_fault_moves",
        "it moves although it is the origin's fault",
        "controller/failover/rules.cc",
        "if (attribution == Attribution::kOrigin) {",
        "if (false) {",
    ),
    Mutation(
        "dns_plane_moves",
        "it moves although the zone that it writes fails",
        "controller/failover/rules.cc",
        "attribution == Attribution::kDnsPlane && settings.edge_name_in_lever_zone",
        "false",
    ),
    Mutation(
        "budget_one_more",
        "one move a day more than allowed",
        "controller/failover/rules.cc",
        ".ok = proposal.moves_made < most,",
        ".ok = proposal.moves_made <= most,",
    ),
    Mutation(
        "budget_hour",
        "moves are forgotten after an hour",
        "controller/failover/move_budget.h",
        "kDay = absl::Hours(24)",
        "kDay = absl::Hours(1)",
    ),
    Mutation(
        "block_ignored",
        "it moves again before anybody acknowledged",
        "controller/failover/rules.cc",
        "answer.ok = settings.safety.unblocked || !proposal.from.is_edge();",
        "answer.ok = true;",
    ),
    Mutation(
        "block_cleared_by_itself",
        "a move by itself acknowledges the last one",
        "controller/failover/failover_stages.cc",
        "next.unacknowledged = move.id;",
        "next.unacknowledged.clear();",
    ),
    Mutation(
        "opened_after_pull",
        "the exit is not opened before the pull",
        "controller/failover/failover_judging.cc",
        "OpenExit{.exit = move.to.exit}, sight);",
        "DoNothing{}, sight);",
    ),
    Mutation(
        "exit_not_opened",
        "a move under way opens no exit",
        "controller/failover/failover_telling.cc",
        "move && move->in_progress() && move->stage >= Stage::kOpening",
        "move && move->in_progress() && move->stage >= Stage::kDone",
    ),
    Mutation(
        "closes_in_service",
        "an exit in service goes dark",
        "controller/failover/failover_telling.cc",
        "if (!record.serves.is_edge()) open.insert(record.serves.exit);",
        "",
    ),
    Mutation(
        "linger_dropped",
        "an exit goes dark as soon as it is left",
        "controller/failover/failover_stages.cc",
        "next.lingering_exit = move.from.exit;",
        "next.lingering_exit.clear();",
    ),
    Mutation(
        "linger_for_ever",
        "an exit that was left never goes dark",
        "controller/failover/failover_judging.cc",
        "if (sight.now < *linger_until_ || !RecordsTrouble().empty()) return;",
        "return;",
    ),
    Mutation(
        "conflict_is_success",
        "a conflict is taken for success",
        "controller/failover/failover_stages.cc",
        "    case PullOutcome::kConflict:\n",
        (
            "    case PullOutcome::kConflict:\n"
            "      world_ = writing_;\n"
            "      settled_as_ = Settlement::Kind::kMoved;\n"
            "      return Prove(sight);\n"
        ),
    ),
    Mutation(
        "unknown_is_refused",
        "a pull whose outcome is unknown is tried again blindly",
        "controller/failover/failover_stages.cc",
        "    case PullOutcome::kUnknown:\n      Note(",
        (
            "      Note(\"lever\", \"conflict\", sight);\n"
            "      settling_ = Settling::kUnasked;\n"
            "      ask_at_.reset();\n"
            "      return;\n"
            "    case PullOutcome::kUnknown:\n"
            "      return Retreat(\"lost\", Fault::kNobodys, sight);\n"
            "      Note("
        ),
    ),
    Mutation(
        "intent_never_expires",
        "an intent does not expire",
        "controller/failover/failover_judging.cc",
        "const bool expired = sight.now >= *intent_deadline_;",
        "const bool expired = false;",
    ),
    Mutation(
        "pull_without_owner",
        "a pull names no owner as its prerequisite",
        "controller/failover/failover_stages.cc",
        ".expect_ownership = world_.ownership,",
        ".expect_ownership = \"\",",
    ),
    Mutation(
        "stale_is_proven",
        "a move is done while a server is stale",
        "controller/failover/failover_stages.cc",
        "  if (!proof.proven) {",
        "  if (proof.servers.empty()) {",
    ),
    Mutation(
        "old_epoch_claims",
        "a claim bears the epoch before",
        "controller/failover/failover_settling.cc",
        "Ownership ours{.epoch = sight.epoch,",
        (
            "Ownership ours{.epoch = {.generation = sight.epoch.generation, .revision = "
            "sight.epoch.revision - 1},"
        ),
    ),
    Mutation(
        "amnesia_ignored",
        "an epoch that DNS knows and we do not is ignored",
        "controller/failover/settlement.cc",
        "if (theirs.epoch > ours) {",
        "if (false) {",
    ),
    Mutation(
        "drift_ignored",
        "what somebody else set is not noticed",
        "controller/failover/settlement.cc",
        "if (world.records == expected) return;",
        "return;",
    ),
    Mutation(
        "drift_moves",
        "drift does not hold a move",
        "controller/failover/rules.cc",
        "Sound(\"records\", proposal.records_trouble, \"DNS says what is expected\"),",
        "Sound(\"records\", \"\", \"DNS says what is expected\"),",
    ),
    Mutation(
        "failback_unforced",
        "a failback needs no evidence",
        "controller/failover/failover_commands.cc",
        "if (!missing.empty() && !force) {",
        "if (false) {",
    ),
    Mutation(
        "force_not_recorded",
        "the journal does not say that a failback was forced",
        "controller/failover/failover_commands.cc",
        "move.forced = force && !missing.empty();",
        "move.forced = false;",
    ),
    Mutation(
        "coverage_ignored",
        "a failback needs no coverage",
        "controller/failover/failback.cc",
        "const bool whole = tally.abstainers == 0 && tally.voters > 0;",
        "const bool whole = true;",
    ),
    Mutation(
        "clean_ignored",
        "a failback need not wait until the edge is clean",
        "controller/failover/failback.cc",
        ".ok = clean_for >= settings.clean_for};",
        ".ok = true};",
    ),
    Mutation(
        "automatic_failback",
        "it leaves a dead exit for the edge by itself",
        "controller/failover/failover_judging.cc",
        "  const Path to = BestTarget(sight);\n  if (to.is_edge()) return;\n",
        "  const Path to = serves_edge() ? BestTarget(sight) : Path::Edge();\n",
    ),
    Mutation(
        "no_reasons",
        "a decision does not store its reasons",
        "controller/failover/failover.cc",
        '{"verdict", "intent", "hold", "renew",  "cancel",',
        '{"verdict", "hold", "renew",  "cancel",',
    ),
    Mutation(
        "lever_never_trusted",
        "a lever that failed once is never trusted again",
        "controller/failover/lever_standing.cc",
        "if (first || good_run_ >= kGoodToTrust) health_",
        "if (first) health_",
    ),
    Mutation(
        "serves_not_taken",
        "a move that is done does not change what the journal says serves",
        "controller/failover/failover_stages.cc",
        "  next.serves = move.to;\n",
        "",
    ),
    Mutation(
        "proof_forgotten",
        "a path that is not left after all is not proven any more",
        "controller/failover/failover_stages.cc",
        "  if (next.unproven) {\n",
        "  if (next.unproven && !record_.move) {\n",
    ),
]
