using Speech.Delivery.Jobs;
using Speech.Delivery.Sessions;
using Speech.Gateway.Admission;
using Speech.Gateway.Languages;
using Speech.Gateway.Limits;
using Speech.Gateway.Status;
using Speech.Redis;
using Speech.Vad;

namespace Speech.Gateway.Sessions;

/// <summary>What all sessions share.</summary>
internal sealed record SessionServices(
    GatewayOptions Options,
    SileroVad Vad,
    AudioJobQueue Jobs,
    SessionStore Store,
    SessionHolds Holds,
    HistoryReader History,
    LostJobs Losses,
    RedisSubscriber Subscriber,
    QueueDepthMonitor QueueDepth,
    TranslatorPresence Translators,
    ServedLanguages Languages,
    PromptUse Prompts,
    SessionLimits Limits,
    HeldAudio Held,
    QueueAdmission Admission,
    TimeProvider Time,
    ILoggerFactory LoggerFactory);
