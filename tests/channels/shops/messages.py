"""Messages as shops send them, shaped by the platforms' own documentation; names and addresses are made up."""

import json
from typing import Any


def woo_order(number: int = 1001, **changes: Any) -> dict[str, Any]:
    """An order of WooCommerce as its REST API (and so its webhook) shows it."""
    person = {
        "first_name": "কৃষ্ণা",
        "last_name": "ক্ষত্রী",
        "company": "",
        "address_1": "House 5, Road 3",
        "address_2": "Mirpur-10",
        "city": "Dhaka",
        "state": "BD-13",
        "postcode": "1216",
        "country": "BD",
        "phone": "01712345678",
    }
    order = {
        "id": 7000 + number,
        "parent_id": 0,
        "number": str(number),
        "order_key": "wc_order_58d2d042d1d",
        "status": "processing",
        "currency": "BDT",
        "date_created_gmt": "2026-11-22T03:00:00",
        "date_modified_gmt": "2026-11-22T03:00:10",
        "total": "1250.50",
        "shipping_total": "60.00",
        "customer_note": "Call before coming",
        "payment_method": "cod",
        "payment_method_title": "Cash on delivery",
        "billing": person | {"email": "k@example.com"},
        "shipping": person,
        "line_items": [
            {
                "id": 315,
                "name": "Cotton saree",
                "product_id": 93,
                "variation_id": 0,
                "quantity": 2,
                "total": "1100.00",
                "sku": "S-1",
                "price": 550.25,
                "meta_data": [],
            },
            {"id": 316, "name": "Bangles", "product_id": 94, "quantity": 1, "total": "90.50", "price": 90.5},
        ],
        "shipping_lines": [{"id": 1, "method_id": "flat_rate", "method_title": "Flat rate", "total": "60.00"}],
        "fee_lines": [],
        "coupon_lines": [],
        "meta_data": [{"id": 1, "key": "_x", "value": {"deep": [1, 2]}}],
    }
    return order | changes


def shopify_order(number: int = 1001, **changes: Any) -> dict[str, Any]:
    """An order of Shopify as its Admin API shows it."""
    order = {
        "id": 820982911946154000 + number,
        "admin_graphql_api_id": f"gid://shopify/Order/{820982911946154000 + number}",
        "name": f"#{number}",
        "order_number": number,
        "test": False,
        "created_at": "2026-11-22T09:00:00+06:00",
        "updated_at": "2026-11-22T09:00:10+06:00",
        "cancelled_at": None,
        "currency": "BDT",
        "financial_status": "pending",
        "fulfillment_status": None,
        "payment_gateway_names": ["Cash on Delivery (COD)"],
        "total_price": "1250.50",
        "current_total_price": "1250.50",
        "total_outstanding": "1250.50",
        "total_weight": 900,
        "note": "Call before coming",
        "phone": None,
        "customer": {"id": 115310627314723950, "phone": "+8801712345678"},
        "shipping_address": {
            "first_name": "কৃষ্ণা",
            "last_name": "ক্ষত্রী",
            "name": "কৃষ্ণা ক্ষত্রী",
            "address1": "House 5, Road 3",
            "address2": "Mirpur-10",
            "city": "Dhaka",
            "province": None,
            "zip": "1216",
            "country": "Bangladesh",
            "country_code": "BD",
            "phone": "01712345678",
        },
        "line_items": [
            {"id": 1, "name": "Cotton saree - red", "quantity": 2, "grams": 400, "requires_shipping": True},
            {"id": 2, "name": "Gift card", "quantity": 1, "grams": 0, "requires_shipping": False},
        ],
        "shipping_lines": [{"id": 1, "title": "Standard", "price": "60.00"}],
    }
    return order | changes


def rate(**changes: Any) -> dict[str, Any]:
    """What a checkout of Shopify asks a carrier service."""
    asked = {
        "origin": {"country": "BD", "postal_code": "1205", "city": "Dhaka", "address1": "New Market"},
        "destination": {
            "country": "BD",
            "postal_code": "1216",
            "province": None,
            "city": "Dhaka",
            "name": "K",
            "address1": "House 5, Road 3",
            "address2": "Mirpur-10",
            "address3": None,
            "phone": "01712345678",
            "company_name": None,
        },
        "items": [
            {"name": "Saree", "sku": "S-1", "quantity": 2, "grams": 400, "price": 55000, "requires_shipping": True}
        ],
        "currency": "BDT",
        "locale": "en",
    }
    return {"rate": asked | changes}


def sent(message: Any) -> bytes:
    """The message as bytes."""
    return json.dumps(message).encode()
