"""Those who take payments by wallet, card or QR: asked for a payment, asked what became of it, asked to give it back.

============== ==========================================================================
`port`         what a provider is told and answers
`asking`       one question over HTTP, to an address that was checked
`choosing`     the providers that the settings name, the one for new payments first
`practice`     files: no network, and no money
`hosted`       a provider of our own plain format
`ekpay`        the government's gateway
`bkash`        bKash, tokenized checkout; `sns` reads its signed notifications
`nagad`        Nagad, by sealed messages
`sslcommerz`   SSLCommerz, cards and wallets
============== ==========================================================================

A provider is believed when it is asked, and only then: what calls us may be anybody.
"""
