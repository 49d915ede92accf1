using Speech.Hosting;
using Speech.Hosting.Health;
using Speech.Hosting.Metrics;
using Speech.SttWorker;
using Speech.SttWorker.Settings;

var builder = SpeechHost.CreateBuilder(args, "stt_worker", defaultPort: 0);
builder.AddSttWorker(SttWorkerSettings.From(builder.Settings));
var app = builder.Build();
app.MapFrontPage();
app.MapHealth();
app.MapMetrics();
return await app.RunSpeechAsync();
