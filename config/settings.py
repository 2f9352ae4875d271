"""The one file that reads the environment; everything else reads `django.conf.settings`."""

from pathlib import Path

from config import appearance, clockwork, reading, soundness

env = reading.Reader()
BASE_DIR = Path(__file__).resolve().parent.parent

# -- What this installation is ----------------------------------------------------------------
# `sandbox` pretends every provider and may use generated secrets; `live` refuses both.

MODE = env.str("MODE", default="sandbox")
SANDBOX = MODE == "sandbox"
SIMULATORS = env.bool("SIMULATORS", default=SANDBOX)
DEBUG = False  # a page that tells a stranger everything; nothing turns it on
DEBUG_WANTED = env.bool("DEBUG", default=False)
PUBLIC_URL = env.str("PUBLIC_URL", default="http://127.0.0.1:8000").rstrip("/")
VERSION = "0.1.0"
STATE_DIR = Path(env.str("STATE_DIR", default=str(BASE_DIR / "var")))  # the sandbox's own files


def _secret(name: str) -> str:
    """Only the sandbox may do without setting one."""
    return env.str(name, default="sandbox-only-" + name.lower().ljust(32, "-") if SANDBOX else "")


SECRET_KEY = _secret("SECRET_KEY")
API_KEY_PEPPER = _secret("API_KEY_PEPPER")
# 32-byte key-encryption keys as `id:base64`, the first one seals, all of them open: with commas in
# the environment, or one per line in a file that is read anew when it changes.
WALLET_KEYRING_FILE = env.str("WALLET_KEYRING_FILE", default="")
WALLET_KEYRING = env.str(
    "WALLET_KEYRING",
    default="sandbox:c2FuZGJveC1rZXktZW5jcnlwdGlvbi1rZXktMzJieXQ="
    if SANDBOX and not WALLET_KEYRING_FILE
    else "",
)

# -- Providers: of the first marketplace (`manage.py onboard` seals them into its book) -------

AIRTM_BASE_URL = env.str("AIRTM_BASE_URL", default="https://api.enterprise.airtm.com/v2")
AIRTM_PAYIN_URL_TEMPLATE = env.str(
    "AIRTM_PAYIN_URL_TEMPLATE", default="https://app.airtm.com/payin/{id}"
)
AIRTM_API_KEY = env.str("AIRTM_API_KEY", default="")
AIRTM_API_SECRET = env.str("AIRTM_API_SECRET", default="")
AIRTM_WEBHOOK_SECRETS = env.list("AIRTM_WEBHOOK_SECRETS", default=[])

TRUSTLESS_WORK_BASE_URL = env.str(
    "TRUSTLESS_WORK_BASE_URL", default="https://api.trustlesswork.com"
)
TRUSTLESS_WORK_API_KEY = env.str("TRUSTLESS_WORK_API_KEY", default="")
TRUSTLESS_WORK_FACTORY = env.str("TRUSTLESS_WORK_FACTORY", default="")
TRUSTLESS_WORK_WASM_HASH = env.str("TRUSTLESS_WORK_WASM_HASH", default="")
TRUSTLESS_WORK_MULTI_WASM_HASH = env.str("TRUSTLESS_WORK_MULTI_WASM_HASH", default="")
TRUSTLESS_WORK_FEE_ADDRESS = env.str("TRUSTLESS_WORK_FEE_ADDRESS", default="")
# Whether they hand in what we have signed. Handing it in ourselves halves the calls on their limit.
TRUSTLESS_WORK_SUBMITS = env.bool("TRUSTLESS_WORK_SUBMITS", default=False)

# Providers limit how often they may be called. All processes count together in Valkey; without it
# each keeps to its share of PROVIDER_PROCESSES. The limit is one client's: of a `key`, or of the
# `host` that all our keys call from. Tests and benchmarks lift it, and say so.
PROVIDER_BUDGETS = env.bool("PROVIDER_BUDGETS", default=True)
PROVIDER_PROCESSES = env.int("PROVIDER_PROCESSES", default=4)
PROVIDER_LIMITS_PER = env.str("PROVIDER_LIMITS_PER", default="key")

# `public` and `testnet` are Stellar's own; `simulated` is the ledger in `integrations/simulators`.
STELLAR_NETWORK = env.str("STELLAR_NETWORK", default="simulated" if SIMULATORS else "public")
STELLAR_HORIZON_URL = env.str("STELLAR_HORIZON_URL", default="https://horizon.stellar.org")
# How many ledgers the nightly replay reads again; one closes about every 5 s.
STELLAR_REPLAY_LEDGERS = env.int("STELLAR_REPLAY_LEDGERS", default=1_000)
STELLAR_TREASURY_SECRET = env.str("STELLAR_TREASURY_SECRET", default="")
STELLAR_FEES_SECRET = env.str("STELLAR_FEES_SECRET", default="")
STELLAR_RESOLVER_SECRET = env.str("STELLAR_RESOLVER_SECRET", default="")

# `domain=address` of SEP-2 servers that are known beforehand; others are found as the SEP says.
FEDERATION_SERVERS = env.dict("FEDERATION_SERVERS", default={})
# Where Airtm takes USDC in for us; without it the treasury moves only from Airtm to Stellar.
AIRTM_DEPOSIT_ADDRESS = env.str("AIRTM_DEPOSIT_ADDRESS", default="")
AIRTM_DEPOSIT_MEMO = env.str("AIRTM_DEPOSIT_MEMO", default="")
# Commission is swept from the fees' wallet to the treasury once there is so much of it (USD).
SWEEP_FEES_FROM = env.str("SWEEP_FEES_FROM", default="100.00")
# What an operation may cost in XLM, in stroops: the network charges only what clears.
STELLAR_BID_FLOOR = env.int("STELLAR_BID_FLOOR", default=10_000)
STELLAR_BID_CEILING = env.int("STELLAR_BID_CEILING", default=1_000_000)
# When the treasury is short of XLM (also in stroops): what it must always have free for so many
# further wallets (1.5 XLM each) and for fees, and what it may spend on fees in 24 hours.
STELLAR_HEADROOM_WALLETS = env.int("STELLAR_HEADROOM_WALLETS", default=100)
STELLAR_HEADROOM_FEES = env.int("STELLAR_HEADROOM_FEES", default=100_000_000)
STELLAR_FEES_PER_DAY = env.int("STELLAR_FEES_PER_DAY", default=500_000_000)

if SIMULATORS:
    AIRTM_BASE_URL = f"{PUBLIC_URL}/simulators/airtm/v2"
    AIRTM_PAYIN_URL_TEMPLATE = f"{PUBLIC_URL}/simulators/airtm/payin/{{id}}"
    TRUSTLESS_WORK_BASE_URL = f"{PUBLIC_URL}/simulators/trustlesswork"
    STELLAR_HORIZON_URL = f"{PUBLIC_URL}/simulators/stellar"

# -- Operators: above this sum, in dollars, an act takes two people ---------------------------

FOUR_EYES_ABOVE = env.str("FOUR_EYES_ABOVE", default="1000.00")
# Whether operators need a second factor: `optional`, for `deciding`, or `always` (config/factors).
OPERATORS_TOTP = env.str("OPERATORS_TOTP", default="optional" if SANDBOX else "always")
OTP_TOTP_ISSUER = "OFFER-HUB"
SESSION_COOKIE_AGE = 1800  # seconds that an operator may be idle; config/entrance bounds the rest
SESSION_SAVE_EVERY_REQUEST = True

# -- Django -----------------------------------------------------------------------------------

ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["*"] if SANDBOX else [])
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
WIRING = "config.wiring"
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en-us"
APPEND_SLASH = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",  # its default one puts a site of its own over ours
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "config.apps.BackOffice",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "ledger",
    "integrations.marketplaces",
    "integrations.providers",
    "payments",
    "escrow",
    "withdrawals",
    "config.apps.Config",
]
if SIMULATORS:
    INSTALLED_APPS.append("integrations.simulators")

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "integrations.marketplaces.rest.requests.RequestId",
    "integrations.marketplaces.rest.requests.Observed",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

STATIC_URL = "static/"
STATIC_ROOT = env.str("STATIC_ROOT", default=None)  # set where `collectstatic` has run
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = STATIC_ROOT is None
WHITENOISE_AUTOREFRESH = False

_https = PUBLIC_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
SECURE_SSL_REDIRECT = _https and env.bool("SECURE_SSL_REDIRECT", default=False)
SECURE_HSTS_SECONDS = 31_536_000 if _https else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = _https
X_FRAME_OPTIONS = "DENY"
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    }
]
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_048_576

# -- PostgreSQL -------------------------------------------------------------------------------

_usual = "postgres://postgres@127.0.0.1:5432/offerhub"
DATABASES = {"default": env.db("DATABASE_URL", default=_usual)}
_options = DATABASES["default"].setdefault("OPTIONS", {})
# A process that dies while it waits for a lock must not keep its session, and its own locks.
_options["options"] = "-c client_connection_check_interval=1000"
_pool = env.int("DATABASE_POOL", default=0)
if _pool:
    # The web workers: few connections, because many on one row collapse PostgreSQL.
    _options["pool"] = {"min_size": _pool, "max_size": _pool, "timeout": 15}
else:
    DATABASES["default"]["CONN_MAX_AGE"] = 60

# -- Celery: wake-ups only. A lost message loses nothing, `sweep` finds work by its state -----

CELERY_BROKER_URL = env.str("REDIS_URL", default="redis://127.0.0.1:6379/0")
PROVIDER_TALLY_URL = CELERY_BROKER_URL  # where the calls to providers are counted
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BROKER_CONNECTION_TIMEOUT = 0.2
_patience = {"socket_connect_timeout": 0.2, "socket_timeout": 1}
CELERY_BROKER_TRANSPORT_OPTIONS = {"max_retries": 0, **_patience}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # a worker outlives its broker, however long
CELERY_BEAT_SCHEDULER = "config.timekeeper.Timekeeper"
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BEAT_SCHEDULE = clockwork.SCHEDULE | (clockwork.OF_THE_SIMULATORS if SIMULATORS else {})

WEB_THREADS = env.int("WEB_THREADS", default=32)  # blocking threads of each web process

TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=0)  # of ours, in front of the web server

# -- Callers ----------------------------------------------------------------------------------
# Limits are requests per minute: of a key, on the money of one user, and without a valid key.

RATE_LIMIT_PER_KEY = env.int("RATE_LIMIT_PER_KEY", default=6000)
RATE_LIMIT_PER_USER = env.int("RATE_LIMIT_PER_USER", default=60)
RATE_LIMIT_PER_ADDRESS = env.int("RATE_LIMIT_PER_ADDRESS", default=300)
API_KEY_SECONDS = env.int("API_KEY_SECONDS", default=2)  # a process believes a key so long
API_KEYS_REMEMBERED = 10_000  # at most, in each process
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")  # empty closes /metrics
# Where the web processes add up what they count; the launcher empties it.
METRICS_DIR = env.str("PROMETHEUS_MULTIPROC_DIR", default="")

# -- REST -------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["integrations.marketplaces.rest.authentication.BearerKey"],
    "DEFAULT_PERMISSION_CLASSES": ["integrations.marketplaces.rest.authentication.HasScope"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["integrations.marketplaces.rest.parsing.ExactJSON"],
    "EXCEPTION_HANDLER": "integrations.marketplaces.rest.refusals.answer",
    "DEFAULT_SCHEMA_CLASS": "integrations.marketplaces.rest.openapi.Documented",
    "UNAUTHENTICATED_USER": None,
    "UNAUTHENTICATED_TOKEN": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "OFFER-HUB Orchestrator",
    "VERSION": VERSION,
    "DESCRIPTION": "Balances, top-ups, escrow and payouts for marketplaces. Amounts are decimal"
    " strings, moments UTC. Unknown fields and parameters are refused. Lists are newest first."
    " `X-Request-ID` is echoed, or made, and found again on every trace.",
    "OAS_VERSION": "3.1.1",
    "SERVERS": [{"url": "/"}],  # wherever this document was read, so that it is the same everywhere
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_AUTHENTICATION": [],
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_PATCH": False,  # a body of PATCH has a serializer of its own
    # None that names choices: each stands where it is made.
    "POSTPROCESSING_HOOKS": ["integrations.marketplaces.rest.samples.with_examples"],
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "validatorUrl": None},  # asks nobody outside
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}

# -- Logs -------------------------------------------------------------------------------------

LOG_LEVEL = env.str("LOG_LEVEL", default="INFO")
LOG_FORMAT = env.str("LOG_FORMAT", default="text" if SANDBOX else "json")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "config.logs.formatter", "form": LOG_FORMAT}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        "celery": {"level": "WARNING"},  # a line per sweep says nothing
        "django.request": {"level": "ERROR"},  # a refusal is an answer
        "kombu": {"level": "ERROR"},  # `ledger.events` says that the broker is away, once
    },
}

UNFOLD = appearance.UNFOLD
MALFORMED = env.malformed

soundness.require(globals())
