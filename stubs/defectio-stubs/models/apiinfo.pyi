from collections.abc import Mapping

from ..types.payloads import ApiInfoFeaturePayload, ApiInfoPayload

__all__ = ("ApiFeatures", "ApiInfo", "ApiUrl")

class ApiUrl:
    enabled: bool
    url: str
    def __init__(self, data: Mapping[str, object]) -> None: ...

class ApiFeatures:
    # Whether there is one ("enabled"), and its "key".
    captcha: Mapping[str, object]
    email: bool
    invite_only: bool
    autumn: ApiUrl
    january: ApiUrl
    voso: ApiUrl
    def __init__(self, data: ApiInfoFeaturePayload) -> None: ...

class ApiInfo:
    revolt_version: str
    features: ApiFeatures
    ws_url: str
    app_url: str
    vapid_url: str
    def __init__(self, data: ApiInfoPayload) -> None: ...
