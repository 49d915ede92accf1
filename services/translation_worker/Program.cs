using Speech.Hosting;
using Speech.Hosting.Health;
using Speech.Hosting.Metrics;
using Speech.TranslationWorker;
using Speech.TranslationWorker.Settings;

var builder = SpeechHost.CreateBuilder(args, "translation_worker", defaultPort: 0);
builder.AddTranslationWorker(TranslationWorkerSettings.From(builder.Settings));
var app = builder.Build();
app.MapFrontPage();
app.MapHealth();
app.MapMetrics();
return await app.RunSpeechAsync();
