import { testDelivery } from './delivery.js';

testDelivery('polling', 'websocket');
