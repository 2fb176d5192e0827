import { testDelivery } from './delivery.js';

testDelivery('websocket', 'polling');
